import Foundation
import Testing

@testable import Yorisoi

struct WordsTests {
    private let words = Words(ja: "通信できません。", en: "There is no connection.")

    @Test(
        "the first language that there is wins, and Japanese where there is none",
        arguments: [
            (["ja-JP", "en-JP"], "ja"), (["en-JP", "ja-JP"], "en"), (["zh-Hans-JP", "en-JP", "ja"], "en"),
            (["pt-BR"], "ja"), ([], "ja"), (["EN_us"], "en"), (["eng"], "ja"),
        ])
    func languages(preferred: [String], language: String) {
        #expect(words.text(preferring: preferred) == (language == "ja" ? words.ja : words.en))
    }

    @Test("a locale decides")
    func locales() {
        #expect(words.text(for: Locale(identifier: "ja_JP")) == words.ja)
        #expect(words.text(for: Locale(identifier: "en_GB")) == words.en)
        #expect(words.text(for: Locale(identifier: "ko_KR")) == words.ja)
    }

    @Test("every kind of error says what to tell the person, wherever an error is shown")
    func errors() {
        let details = ErrorDetails(code: "a_code", retryable: true, words: words)
        let errors: [YorisoiError] = [
            .Card(details: details, groups: [2]), .Enrollment(details: details), .Window(details: details),
            .Consent(details: details), .Input(details: details), .NotFound(details: details),
            .Setting(details: details), .Key(details: details), .Storage(details: details),
            .Suspended(details: details), .Network(details: details), .Server(details: details),
        ]
        for error in errors {
            #expect(error.code == "a_code" && error.retryable && error.words == words)
            #expect(error.localizedDescription == words.text)
        }
    }
}
