#if canImport(SwiftUI)
import Foundation
import Testing
import Yorisoi
import YorisoiTestKit

@testable import StartIOS

/// What a reader of `docs/start-ios.md` does, on the program that the page shows, against a server and its clinicians.
@MainActor
@Suite(.timeLimit(.minutes(2)))
struct StartIOSTests {
    @Test("the app of the page enrols, asks and shows the answer")
    func firstAnswer() async throws {
        try await Kit.shared().withWorld { @MainActor @Sendable world in
            let card = try await world.issueCard()
            let soudan = Soudan(server: world.server, roots: world.roots, manifest: world.manifest)
            let running = Task { await soudan.run() }
            await soudan.enroll("カード " + card.code.lowercased())
            try await soudan.shows { $0.place?.state == .redeemed }
            #expect(soudan.contacts.first?.contact.digits == "119")
            await soudan.agree()
            try await soudan.shows { $0.mayBeAsked }
            await soudan.ask("夜中に38度の熱が出ました。")
            try await soudan.shows { $0.messages.map(\.step) == [.heldByServer] }
            _ = try await world.answer("様子を見てください。")
            try await soudan.shows { $0.messages.last?.text == "様子を見てください。" }
            #expect(soudan.trouble == nil)
            running.cancel()
            await running.value
            let (_, suspension) = try await soudan.opened()
            suspension.enterBackground()
            await suspension.settled()
        }
    }

    @Test("what goes wrong is said in the person's words, and whom to call is shown all the same")
    func trouble() async {
        let soudan = Soudan(server: "", roots: [], manifest: Data())
        await soudan.run()
        #expect(soudan.trouble != nil)
        #expect(soudan.contacts.first?.contact.digits == "119")
    }
}

extension Soudan {
    /// Waits until the screen shows what is asked for, or the test is over.
    fileprivate func shows(_ what: (Soudan) -> Bool) async throws {
        while !what(self) {
            try Task.checkCancellation()
            await Task.yield()
        }
    }
}
#endif
