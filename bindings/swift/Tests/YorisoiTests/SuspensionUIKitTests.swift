#if canImport(UIKit)
import SwiftUI
import Testing
import UIKit

@testable import Yorisoi

/// One test at a time: there is one application.
@Suite(.serialized)
enum ApplicationTests {}

extension ApplicationTests {
    /// The app's notifications and phases, against an application that goes and comes when a test says so.
    @MainActor
    @Suite(.timeLimit(.minutes(1)))
    struct SuspensionUIKitTests {
        private let library = FakeLibrary()
        private let application = UIApplication.shared

        @Test("the application's notifications suspend and resume, under a background task that is ended")
        func notifications() async {
            let suspension = Suspension(library)
            let begun = application.began
            application.enterBackground()
            #expect(application.running.count == 1 && application.began == begun + 1)
            await suspension.settled()
            #expect(library.calls == [.suspend] && application.running.isEmpty)
            application.enterForeground()
            await suspension.settled()
            #expect(library.calls == [.suspend, .resume] && application.running.isEmpty)
        }

        @Test("a background task whose time is over is ended at once")
        func expired() async {
            let suspension = Suspension(library)
            application.enterBackground()
            application.expire()
            #expect(application.running.isEmpty)
            await suspension.settled()
            application.enterForeground()
            await suspension.settled()
            #expect(application.running.isEmpty)
        }

        @Test("what nobody keeps follows nothing")
        func letGo() async {
            var suspension: Suspension? = Suspension(library)
            await suspension?.settled()
            suspension = nil
            let begun = application.began
            application.enterBackground()
            application.enterForeground()
            #expect(application.began == begun && library.calls.isEmpty)
        }

        @Test("phases say the same, and inactive says nothing")
        func phases() async {
            let suspension = Suspension(library)
            for (phase, calls) in [
                (ScenePhase.inactive, [FakeLibrary.Call]()), (.background, [.suspend]), (.inactive, [.suspend]),
                (.active, [.suspend, .resume]), (.inactive, [.suspend, .resume]),
            ] {
                suspension.follow(phase)
                await suspension.settled()
                #expect(library.calls == calls)
            }
            #expect(application.running.isEmpty)
        }
    }
}
#endif
