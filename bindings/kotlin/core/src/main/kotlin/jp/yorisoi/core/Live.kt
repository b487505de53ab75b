package jp.yorisoi.core

import kotlinx.coroutines.awaitCancellation

/**
 * Follows the server's hints and syncs at each, for as long as the coroutine that calls it is not cancelled. It throws what
 * trying again cannot mend, see [LiveSession.ended]; that there is no network ends nothing. Call it while the app is open:
 *
 * ```
 * lifecycleScope.launch {
 *     repeatOnLifecycle(Lifecycle.State.STARTED) { client.live() }
 * }
 * ```
 */
public suspend fun YorisoiClient.live(): Nothing = startLive().use {
    it.ended()
    awaitCancellation()
}
