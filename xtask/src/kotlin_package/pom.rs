//! What a Maven repository says of each artifact: its name, its licence, what it needs.
//!
//! The versions are those with which everything is compiled and tested here, read from the projects themselves.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use crate::failure::Failure;

/// The versions that `bindings/kotlin/pom.xml` pins.
pub(super) struct Versions {
    pub(super) own: String,
    pom: String,
}

/// What an artifact needs, by the property that has its version.
type Needed = (&'static str, &'static str, &'static str, &'static str);

const KOTLIN: Needed = ("org.jetbrains.kotlin", "kotlin-stdlib", "kotlin.version", "jar");
const COROUTINES: Needed =
    ("org.jetbrains.kotlinx", "kotlinx-coroutines-core-jvm", "coroutines.version", "jar");
const COROUTINES_ANDROID: Needed =
    ("org.jetbrains.kotlinx", "kotlinx-coroutines-android", "coroutines.version", "jar");
const JSON: Needed =
    ("org.jetbrains.kotlinx", "kotlinx-serialization-json-jvm", "serialization.version", "jar");
const JNA: Needed = ("net.java.dev.jna", "jna", "jna.version", "jar");
/// It brings JNA's own native half for Android.
const JNA_ANDROID: Needed = ("net.java.dev.jna", "jna", "jna.version", "aar");
const WORK: Needed = ("androidx.work", "work-runtime", "work.version", "aar");
const CORE: Needed = ("jp.yorisoi", "yorisoi-core", "", "jar");

impl Versions {
    pub(super) fn read(root: &Path) -> Result<Self, Failure> {
        let path = root.join("bindings/kotlin/pom.xml");
        let pom = fs::read_to_string(&path).map_err(Failure::file(&path))?;
        Self::of(pom)
    }

    fn of(pom: String) -> Result<Self, Failure> {
        let own = element(&pom, "version")?;
        Ok(Self { own, pom })
    }

    fn named(&self, property: &str) -> Result<String, Failure> {
        if property.is_empty() { Ok(self.own.clone()) } else { element(&self.pom, property) }
    }
}

/// The first element of this name.
fn element(pom: &str, name: &str) -> Result<String, Failure> {
    let text = pom.split_once(&format!("<{name}>")).and_then(|(_, rest)| rest.split_once("</"));
    let missing = || Failure::broken(format!("bindings/kotlin/pom.xml: no `{name}`"));
    text.map(|(text, _)| text.to_owned()).ok_or_else(missing)
}

/// The page of an artifact.
pub(super) fn text(artifact: &str, versions: &Versions) -> Result<String, Failure> {
    let (packaging, needed): (&str, &[Needed]) = match artifact {
        "yorisoi-core" => ("jar", &[KOTLIN, COROUTINES, JNA]),
        "yorisoi-testkit" => ("jar", &[CORE, KOTLIN, JSON]),
        _ => ("aar", &[KOTLIN, COROUTINES_ANDROID, JNA_ANDROID, WORK]),
    };
    let mut dependencies = String::new();
    for (group, name, property, kind) in needed {
        let version = versions.named(property)?;
        let kind = if *kind == "jar" { String::new() } else { format!("<type>{kind}</type>") };
        // Writing into a string never fails.
        let _ = writeln!(
            dependencies,
            "    <dependency><groupId>{group}</groupId><artifactId>{name}</artifactId><version>{version}</version>{kind}</dependency>"
        );
    }
    Ok(format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>jp.yorisoi</groupId>
  <artifactId>{artifact}</artifactId>
  <version>{own}</version>
  <packaging>{packaging}</packaging>
  <licenses>
    <license><name>Apache-2.0</name><url>https://www.apache.org/licenses/LICENSE-2.0</url></license>
  </licenses>
  <dependencies>
{dependencies}  </dependencies>
</project>
"#,
        own = versions.own
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn versions() -> Versions {
        let pins = ["kotlin", "coroutines", "jna", "work"]
            .map(|name| format!("<{name}.version>{name}-1</{name}.version>"));
        Versions::of(format!("<version>0.9.0</version>{}", pins.concat())).unwrap()
    }

    #[test]
    fn an_archive_needs_archives_and_a_jar_needs_jars() {
        let jar = text("yorisoi-core", &versions()).unwrap();
        assert!(jar.contains("<artifactId>jna</artifactId><version>jna-1</version></dependency>"), "{jar}");
        let aar = text("yorisoi-android", &versions()).unwrap();
        assert!(aar.contains("<version>0.9.0</version>\n  <packaging>aar</packaging>"), "{aar}");
        assert!(
            aar.contains("<artifactId>jna</artifactId><version>jna-1</version><type>aar</type>"),
            "{aar}"
        );
        assert!(!aar.contains("yorisoi-core"), "its classes are in the archive");
    }

    #[test]
    fn a_version_that_is_pinned_nowhere_is_told() {
        let told = text("yorisoi-testkit", &versions()).unwrap_err().to_string();
        assert!(told.contains("serialization.version"), "{told}");
        assert!(Versions::of("<project/>".into()).is_err());
    }
}
