import Foundation
import Testing

@testable import Yorisoi

/// What Apple's tools read of the library's privacy. The reasons stand in docs/package-ios.md.
struct PrivacyInfoTests {
    private func manifest() throws -> [String: Any] {
        let url = try #require(Bundle.module.url(forResource: "PrivacyInfo", withExtension: "xcprivacy"))
        let list = try PropertyListSerialization.propertyList(from: Data(contentsOf: url), format: nil)
        return try #require(list as? [String: Any])
    }

    @Test("nobody is tracked, and what is collected is for the app's own purpose")
    func collected() throws {
        let manifest = try manifest()
        #expect(manifest["NSPrivacyTracking"] as? Bool == false)
        #expect((manifest["NSPrivacyTrackingDomains"] as? [Any])?.isEmpty == true)
        let collected = try #require(manifest["NSPrivacyCollectedDataTypes"] as? [[String: Any]])
        let types = collected.compactMap { $0["NSPrivacyCollectedDataType"] as? String }
        #expect(
            types == [
                "NSPrivacyCollectedDataTypeHealth", "NSPrivacyCollectedDataTypePhotosorVideos",
                "NSPrivacyCollectedDataTypeOtherUserContent", "NSPrivacyCollectedDataTypeUserID",
            ])
        for type in collected {
            #expect(type["NSPrivacyCollectedDataTypeLinked"] as? Bool == true)
            #expect(type["NSPrivacyCollectedDataTypeTracking"] as? Bool == false)
            let purposes = type["NSPrivacyCollectedDataTypePurposes"] as? [String]
            #expect(purposes == ["NSPrivacyCollectedDataTypePurposeAppFunctionality"])
        }
    }

    @Test("each kind of call that asks for a reason has one")
    func reasons() throws {
        let calls = try #require(try manifest()["NSPrivacyAccessedAPITypes"] as? [[String: Any]])
        let reasons = calls.map { call in
            (call["NSPrivacyAccessedAPIType"] as? String, call["NSPrivacyAccessedAPITypeReasons"] as? [String])
        }
        #expect(reasons.count == 2)
        #expect(reasons.first?.0 == "NSPrivacyAccessedAPICategoryFileTimestamp" && reasons.first?.1 == ["C617.1"])
        #expect(reasons.last?.0 == "NSPrivacyAccessedAPICategoryDiskSpace" && reasons.last?.1 == ["E174.1"])
    }
}
