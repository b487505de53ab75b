package jp.yorisoi.core

import kotlinx.coroutines.awaitCancellation

/**
 * Follows the server's hints and syncs at each, for as long as the coroutine that calls it is not cancelled. Call it while the
 * app is open:
 *
 * ```
 * lifecycleScope.launch {
 *     repeatOnLifecycle(Lifecycle.State.STARTED) { client.live() }
 * }
 * ```
 */
public suspend fun YorisoiClient.live(): Nothing = startLive().use { awaitCancellation() }
