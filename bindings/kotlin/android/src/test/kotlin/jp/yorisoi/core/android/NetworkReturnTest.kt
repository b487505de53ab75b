package jp.yorisoi.core.android

import android.content.Context
import android.net.ConnectivityManager
import android.net.ConnectivityManager.NetworkCallback
import android.net.NetworkCapabilities
import jp.yorisoi.core.SyncReport
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.launch
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.UnconfinedTestDispatcher
import kotlinx.coroutines.test.runTest
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.shadows.ShadowNetwork
import org.robolectric.shadows.ShadowNetworkCapabilities
import kotlin.test.assertEquals

@OptIn(ExperimentalCoroutinesApi::class)
@RunWith(RobolectricTestRunner::class)
class NetworkReturnTest {
    private val context = RuntimeEnvironment.getApplication()
    private val connectivity = shadowOf(context.getSystemService(ConnectivityManager::class.java))
    private val returns = NetworkReturn(context)
    private val wifi = ShadowNetwork.newInstance(1)
    private val cell = ShadowNetwork.newInstance(2)

    private fun capabilities(reachesInternet: Boolean) = ShadowNetworkCapabilities.newInstance().also {
        val shadow = shadowOf(it)
        if (reachesInternet) shadow.addCapability(NetworkCapabilities.NET_CAPABILITY_VALIDATED)
    }

    /** What Android would tell, with the returns that were heard of it. */
    private fun heard(tell: NetworkCallback.() -> Unit): Int {
        var count = 0
        runTest(UnconfinedTestDispatcher()) {
            val collecting = launch { returns.flow.collect { count += 1 } }
            connectivity.networkCallbacks.single().tell()
            collecting.cancel()
        }
        assertEquals(emptySet(), connectivity.networkCallbacks, "nothing listens on")
        return count
    }

    private fun NetworkCallback.online(network: android.net.Network = wifi) = onCapabilitiesChanged(network, capabilities(true))

    private fun NetworkCallback.portal() = onCapabilitiesChanged(wifi, capabilities(false))

    @Test
    fun `a network that is there counts once`() = assertEquals(
        1,
        heard {
            onAvailable(wifi)
            online()
            online()
        },
    )

    @Test
    fun `none is heard of a network that reaches nothing`() = assertEquals(
        0,
        heard {
            onAvailable(wifi)
            portal()
            onLost(wifi)
        },
    )

    @Test
    fun `it is heard again after it was lost, after a portal, and after it was withheld from the app`() = assertEquals(
        4,
        heard {
            online()
            onLost(wifi)
            online()
            portal()
            online()
            onBlockedStatusChanged(wifi, true)
            online()
            onBlockedStatusChanged(wifi, false)
        },
    )

    @Test
    fun `a change from one network to another is no return`() = assertEquals(
        1,
        heard {
            online(wifi)
            online(cell)
        },
    )

    @Test
    fun `a sync that takes long is followed by one, whatever came meanwhile`() = runTest(UnconfinedTestDispatcher()) {
        val gate = CompletableDeferred<Unit>()
        var syncs = 0
        val client =
            object : FakeClient() {
                override suspend fun sync(): SyncReport {
                    syncs += 1
                    gate.await()
                    return caughtUp
                }
            }
        val syncing = launch { returns.syncWith(client) }
        returnThrice(this)
        assertEquals(1, syncs)
        gate.complete(Unit)
        assertEquals(2, syncs)
        syncing.cancel()
    }

    private fun returnThrice(scope: TestScope) {
        val callback = connectivity.networkCallbacks.single()
        repeat(3) {
            callback.online()
            callback.onLost(wifi)
        }
        scope.testScheduler.runCurrent()
    }

    @Test
    fun `a sync that fails is followed by the next`() = runTest(UnconfinedTestDispatcher()) {
        var syncs = 0
        val client =
            object : FakeClient() {
                override suspend fun sync(): SyncReport {
                    syncs += 1
                    throw unreachable
                }
            }
        val syncing = launch { returns.syncWith(client) }
        val callback = connectivity.networkCallbacks.single()
        callback.online()
        callback.onLost(wifi)
        callback.online()
        assertEquals(2, syncs)
        syncing.cancel()
    }
}
