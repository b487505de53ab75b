import Foundation
import Yorisoi
import YorisoiTestKit

/// The QR code of the sandbox's card 11500000000012HH, good from 2 August to 31 December 2021.
let ticket =
    "YRS1:QRE2EAJSARCPQIVACKQFQMNGAFTDCMZSGA3DGBA2MHHRV4AFDJQQNNXQAYNGAZEOOADUSCCKAAAAAAAAACADUAABCFYKEAIYEUBAC"
    + "WCAIO3S5UNWEE64HFTWQOMBCC4377POTLSGK3F5BGRAB5CWLND7MQYDQXJJWS6A3SFCLT6ZRNSKOEPPMYPUXINIBGMCMOXATIUIP2Y76CI"

extension World {
    /// A world whose server cannot be reached, for what needs none: no kit is started.
    static func withoutServer() throws -> World {
        // This file is a link: the package is put together elsewhere.
        let here = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
        let manifest = here.appendingPathComponent("../../../../../sandbox/manifest")
        let roots = try String(contentsOf: manifest.appendingPathComponent("roots.txt"), encoding: .utf8)
            .split(separator: "\n").map { JSON.string(String($0)) }
        let bytes = try Data(contentsOf: manifest.appendingPathComponent("sandbox.cose"))
        guard let nobody = URL(string: "http://127.0.0.1:1") else { throw KitFailure.noProgram }
        return try World(
            control: Control(address: nobody),
            told: [
                "world": "0", "server": "https://127.0.0.1:1", "roots": .array(roots),
                "manifest": .string(bytes.base64EncodedString()), "now": "2021-09-30T18:12:00.000Z",
            ])
    }
}

extension YorisoiClient {
    /// Agrees to answering questions, without which nothing is asked.
    func agree(to purpose: Purpose = .service) async throws {
        let text = ConsentText(id: "\(purpose)-ja-1", language: "ja", text: "…")
        try await decideConsent(purpose: purpose, state: .grant, text: text)
    }

    /// Saves a new draft of these words.
    @discardableResult
    func write(_ text: String = "眠れない日が") async throws -> String {
        try await saveDraft(
            draft: NewDraft(id: nil, service: .obstetrics, subject: .parent, consultation: nil, text: text))
    }

    /// How many drafts there are.
    func draftCount() async throws -> UInt64 { try await drafts(after: nil, most: 1).total }
}
