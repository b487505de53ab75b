package jp.yorisoi.core.android

import android.security.keystore.KeyGenParameterSpec
import android.security.keystore.KeyProperties
import org.junit.After
import org.junit.Before
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import java.io.InputStream
import java.io.OutputStream
import java.security.Key
import java.security.KeyStoreSpi
import java.security.Provider
import java.security.SecureRandom
import java.security.Security
import java.security.cert.Certificate
import java.security.spec.AlgorithmParameterSpec
import java.util.Collections
import java.util.Date
import java.util.Enumeration
import javax.crypto.AEADBadTagException
import javax.crypto.KeyGenerator
import javax.crypto.KeyGeneratorSpi
import javax.crypto.SecretKey
import kotlin.test.assertContentEquals
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertFalse
import kotlin.test.assertNull

/** What is asked of the Android Keystore, against a provider in memory that goes by its name. */
@RunWith(RobolectricTestRunner::class)
class KeystoreKeysTest {
    private val keys = KeystoreKeys(hasStrongBox = true)
    private val bytes = ByteArray(32) { it.toByte() }

    @Before
    fun begin() {
        Security.addProvider(KeystoreInMemory())
    }

    @After
    fun end() {
        Security.removeProvider("AndroidKeyStore")
        made.clear()
    }

    @Test
    fun `a key wraps and unwraps, and another does not`() {
        keys.make("a", inStrongBox = false)
        keys.make("b", inStrongBox = false)
        val wrapped = keys.wrap("a", bytes)
        assertEquals(12 + 32 + 16, wrapped.size)
        assertContentEquals(bytes, keys.unwrap("a", wrapped))
        assertFailsWith<AEADBadTagException> { keys.unwrap("b", wrapped) }
        assertNull(keys.unwrap("c", wrapped))
    }

    @Test
    fun `keys are known by their names until they are deleted`() {
        keys.make("a", inStrongBox = false)
        keys.make("b", inStrongBox = false)
        keys.delete("a")
        keys.delete("no such key")
        assertEquals(setOf("b"), keys.names())
    }

    @Test
    fun `a key is for AES-256-GCM and bound to no finger, no lock and no validity`() {
        keys.make("a", inStrongBox = false)
        keys.make("b", inStrongBox = true)
        for ((name, kept) in made) {
            val spec = kept.first
            assertEquals(name, spec.keystoreAlias)
            assertEquals(256, spec.keySize)
            assertEquals(KeyProperties.PURPOSE_ENCRYPT or KeyProperties.PURPOSE_DECRYPT, spec.purposes)
            assertContentEquals(arrayOf(KeyProperties.BLOCK_MODE_GCM), spec.blockModes)
            assertContentEquals(arrayOf(KeyProperties.ENCRYPTION_PADDING_NONE), spec.encryptionPaddings)
            assertFalse(spec.isUserAuthenticationRequired)
            assertFalse(spec.isUnlockedDeviceRequired)
            assertFalse(spec.isUserConfirmationRequired)
            assertNull(spec.keyValidityForConsumptionEnd)
            assertNull(spec.keyValidityForOriginationEnd)
            assertEquals(name == "b", spec.isStrongBoxBacked)
        }
    }

    private class KeystoreInMemory : Provider("AndroidKeyStore", "1", "for tests") {
        init {
            put("KeyStore.AndroidKeyStore", Store::class.java.name)
            put("KeyGenerator.AES", Generator::class.java.name)
        }
    }

    class Generator : KeyGeneratorSpi() {
        private lateinit var spec: KeyGenParameterSpec

        override fun engineInit(parameters: AlgorithmParameterSpec, random: SecureRandom?) {
            spec = parameters as KeyGenParameterSpec
        }

        override fun engineInit(random: SecureRandom?) = error("the Keystore wants a name")

        override fun engineInit(bits: Int, random: SecureRandom?) = error("the Keystore wants a name")

        override fun engineGenerateKey(): SecretKey {
            val key = KeyGenerator.getInstance("AES", "SunJCE").apply { init(spec.keySize) }.generateKey()
            made[spec.keystoreAlias] = spec to key
            return key
        }
    }

    class Store : KeyStoreSpi() {
        override fun engineLoad(stream: InputStream?, password: CharArray?) = Unit

        override fun engineGetKey(alias: String, password: CharArray?): Key? = made[alias]?.second

        override fun engineAliases(): Enumeration<String> = Collections.enumeration(made.keys.toList())

        override fun engineDeleteEntry(alias: String) {
            made.remove(alias)
        }

        override fun engineGetCertificateChain(alias: String): Array<Certificate>? = null

        override fun engineGetCertificate(alias: String): Certificate? = null

        override fun engineGetCreationDate(alias: String): Date? = null

        override fun engineSetKeyEntry(alias: String, key: Key, password: CharArray?, chain: Array<out Certificate>?) =
            error("not asked for")

        override fun engineSetKeyEntry(alias: String, key: ByteArray, chain: Array<out Certificate>?) = error("not asked for")

        override fun engineSetCertificateEntry(alias: String, certificate: Certificate?) = error("not asked for")

        override fun engineContainsAlias(alias: String) = alias in made

        override fun engineSize() = made.size

        override fun engineIsKeyEntry(alias: String) = alias in made

        override fun engineIsCertificateEntry(alias: String) = false

        override fun engineGetCertificateAlias(certificate: Certificate?): String? = null

        override fun engineStore(stream: OutputStream?, password: CharArray?) = error("not asked for")
    }

    private companion object {
        val made = mutableMapOf<String, Pair<KeyGenParameterSpec, SecretKey>>()
    }
}
