package jp.yorisoi.testkit

import kotlinx.coroutines.runBlocking

/** One kit for all tests of this process; it ends with the process. */
val sharedKit: Kit by lazy { runBlocking { Kit.start() } }
