package jp.yorisoi.core.android

import android.content.Context
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.w3c.dom.Element
import java.io.File
import javax.xml.parsers.DocumentBuilderFactory
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertFalse
import kotlin.test.assertNotEquals
import kotlin.test.assertTrue

@RunWith(RobolectricTestRunner::class)
class YorisoiDirectoryTest {
    private val context = RuntimeEnvironment.getApplication()
    private val directory = YorisoiDirectory.of(context, "person-1")

    @Test
    fun `the same name is the same folder, another is another`() {
        assertEquals(directory.path, YorisoiDirectory.of(context, "person-1").path)
        assertNotEquals(directory.path, YorisoiDirectory.of(context, "person-2").path)
        assertFalse(File(directory.path).exists(), "the library makes it")
    }

    @Test
    fun `names that lead elsewhere are none`() {
        for (name in listOf("", "..", "a/b", "/a", "-a", "A", "ひと", "a b", "a".repeat(65), "a.")) {
            assertFailsWith<IllegalArgumentException>(name) { YorisoiDirectory.of(context, name) }
        }
        YorisoiDirectory.of(context, "a".repeat(64))
    }

    @Test
    fun `the key lies beside the library's folder, not in it`() {
        assertFalse(directory.key.startsWith(directory.path))
        assertEquals(File(directory.path).parentFile, directory.key.parentFile)
    }

    @Test
    fun `every rule for backups and transfers leaves the folder out`() {
        val rules = mapOf("yorisoi_backup_rules" to 1, "yorisoi_data_extraction_rules" to 2)
        for ((name, sections) in rules) {
            val document = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(File("src/main/res/xml/$name.xml"))
            val excludes = document.getElementsByTagName("exclude")
            assertEquals(sections, excludes.length, name)
            assertEquals(0, document.getElementsByTagName("include").length, "an include would leave the app's own files out")
            for (index in 0 until excludes.length) {
                val exclude = excludes.item(index) as Element
                assertEquals("root", exclude.getAttribute("domain"))
                val left = context.dataDir.resolve(exclude.getAttribute("path"))
                assertTrue(File(directory.path).startsWith(left), "$left")
                assertTrue(directory.key.startsWith(left), "$left")
            }
        }
    }
}
