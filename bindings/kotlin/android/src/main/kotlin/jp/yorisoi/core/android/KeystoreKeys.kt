package jp.yorisoi.core.android

import android.os.Build
import android.security.keystore.KeyGenParameterSpec
import android.security.keystore.KeyProperties
import java.security.KeyStore
import javax.crypto.Cipher
import javax.crypto.KeyGenerator
import javax.crypto.spec.GCMParameterSpec

private const val PROVIDER = "AndroidKeyStore"
private const val TRANSFORMATION = "AES/GCM/NoPadding"
private const val KEY_BITS = 256
private const val NONCE_BYTES = 12
private const val TAG_BITS = 128

/**
 * AES-256-GCM keys in the Android Keystore.
 *
 * None is bound to the person's fingerprint or screen lock: removing a lock would destroy it, and with it the history. None
 * needs the phone to be unlocked at the moment: a sync in the background must open the library too. What protects them is the
 * phone's hardware, and that the file with the wrapped key lies in storage that opens at the first unlock after a start.
 */
internal class KeystoreKeys(override val hasStrongBox: Boolean) : WrappingKeys {
    private fun keystore(): KeyStore = KeyStore.getInstance(PROVIDER).apply { load(null) }

    override fun make(name: String, inStrongBox: Boolean) {
        val use = KeyProperties.PURPOSE_ENCRYPT or KeyProperties.PURPOSE_DECRYPT
        val key =
            KeyGenParameterSpec
                .Builder(name, use)
                .setKeySize(KEY_BITS)
                .setBlockModes(KeyProperties.BLOCK_MODE_GCM)
                .setEncryptionPaddings(KeyProperties.ENCRYPTION_PADDING_NONE)
        if (inStrongBox && Build.VERSION.SDK_INT >= Build.VERSION_CODES.P) {
            key.setIsStrongBoxBacked(true)
        }
        val generator = KeyGenerator.getInstance(KeyProperties.KEY_ALGORITHM_AES, PROVIDER)
        generator.init(key.build())
        generator.generateKey()
    }

    override fun wrap(name: String, bytes: ByteArray): ByteArray {
        val cipher = Cipher.getInstance(TRANSFORMATION)
        cipher.init(Cipher.ENCRYPT_MODE, keystore().getKey(name, null))
        // The Keystore takes no nonce from outside: it draws one.
        return cipher.iv + cipher.doFinal(bytes)
    }

    override fun unwrap(name: String, wrapped: ByteArray): ByteArray? {
        val key = keystore().getKey(name, null) ?: return null
        val cipher = Cipher.getInstance(TRANSFORMATION)
        cipher.init(Cipher.DECRYPT_MODE, key, GCMParameterSpec(TAG_BITS, wrapped, 0, NONCE_BYTES))
        return cipher.doFinal(wrapped, NONCE_BYTES, wrapped.size - NONCE_BYTES)
    }

    override fun names(): Set<String> = keystore().aliases().toList().toSet()

    override fun delete(name: String): Unit = keystore().deleteEntry(name)
}
