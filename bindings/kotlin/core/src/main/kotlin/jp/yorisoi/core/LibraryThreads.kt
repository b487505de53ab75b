package jp.yorisoi.core

import com.sun.jna.Callback
import com.sun.jna.CallbackThreadInitializer
import com.sun.jna.Native

/**
 * A thread of the library, as the JVM knows it: from its first call into the JVM to its own end, and as a daemon, which does not
 * hold up the end of the app. By default JNA makes one that is new, and no daemon, for each call and unmakes it after it: several
 * times as long as the call itself.
 */
private val KEPT = CallbackThreadInitializer(true, false, "yorisoi")

/** Keeps the threads that come by [callback]. JNA asks for it when it makes a function of the callback, and not later. */
internal fun keepThreads(callback: Callback) {
    Native.setCallbackThreadInitializer(callback, KEPT)
}
