import Foundation
import YorisoiCore

extension Words {
    /// The text in the person's language, as the system's list of preferred languages says: Japanese or English, whichever
    /// stands there first; Japanese if neither does.
    public var text: String { text(preferring: Locale.preferredLanguages) }

    /// The text for a locale: English for an English one, Japanese for every other.
    public func text(for locale: Locale) -> String { text(preferring: [locale.identifier]) }

    /// `languages` as BCP 47 tags or locale identifiers, the dearest first.
    func text(preferring languages: [String]) -> String {
        for language in languages {
            switch language.prefix(while: \.isLetter).lowercased() {
            case "ja": return ja
            case "en": return en
            default: continue
            }
        }
        return ja
    }
}
