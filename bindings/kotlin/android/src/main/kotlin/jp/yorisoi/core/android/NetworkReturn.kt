package jp.yorisoi.core.android

import android.content.Context
import android.net.ConnectivityManager
import android.net.Network
import android.net.NetworkCapabilities
import jp.yorisoi.core.YorisoiClientInterface
import jp.yorisoi.core.YorisoiException
import kotlinx.coroutines.channels.awaitClose
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.callbackFlow
import kotlinx.coroutines.flow.conflate

/** Tells when the network comes back, while the app is open. [BackgroundSync] does while it is closed. */
public class NetworkReturn(context: Context) {
    private val connectivity = context.getSystemService(ConnectivityManager::class.java)

    /**
     * Once at the beginning if there is a network, then each time there is one again after there was none. A network counts once
     * Android reached the internet through it: the page of a hotel that asks for a name first is none. Whoever collects slowly
     * gets one for all that came meanwhile.
     */
    public val flow: Flow<Unit> =
        callbackFlow {
            val callback = Usable { trySend(Unit) }
            connectivity.registerDefaultNetworkCallback(callback)
            awaitClose { connectivity.unregisterNetworkCallback(callback) }
        }.conflate()

    /**
     * Syncs each time the network comes back, until cancelled. A sync that fails is no reason to end: how it went, `syncState`
     * tells.
     */
    public suspend fun syncWith(client: YorisoiClientInterface): Unit = flow.collect {
        try {
            client.sync()
        } catch (_: YorisoiException) {
            // Kept by the library; the next return or the next sync in the background tries again.
        }
    }

    /** Calls [came] whenever the network the app would use turns from not usable to usable. Android calls it on one thread. */
    private class Usable(private val came: () -> Unit) : ConnectivityManager.NetworkCallback() {
        private var reachesInternet = false
        private var isBlocked = false

        override fun onCapabilitiesChanged(network: Network, networkCapabilities: NetworkCapabilities) =
            change { reachesInternet = networkCapabilities.hasCapability(NetworkCapabilities.NET_CAPABILITY_VALIDATED) }

        override fun onBlockedStatusChanged(network: Network, blocked: Boolean) = change { isBlocked = blocked }

        override fun onLost(network: Network) = change { reachesInternet = false }

        private fun change(what: () -> Unit) {
            val before = reachesInternet && !isBlocked
            what()
            if (!before && reachesInternet && !isBlocked) {
                came()
            }
        }
    }
}
