#if canImport(BackgroundTasks)
import BackgroundTasks
import Foundation
import Testing
import UIKit

@testable import Yorisoi

extension ApplicationTests {
    /// Runs in the background, against a scheduler that starts one when a test says so.
    @MainActor
    @Suite(.timeLimit(.minutes(1)))
    struct BackgroundRefreshTests {
        private let library = FakeLibrary()
        private let scheduler = BackgroundScheduler()

        @Test("a run syncs within the system's time, suspends, ends its task once, and asks for the next")
        func run() async throws {
            try await scheduler.inBackground {
                let suspension = Suspension(library)
                let refresh = scheduler.refresh { suspension }
                #expect(refresh.register())
                try refresh.schedule()
                let task = try #require(scheduler.launch())
                await scheduler.ended(task)
                #expect(task.completed == [true] && scheduler.failures.isEmpty)
                #expect(library.calls == [.sync, .suspend])
                let budget = try #require(library.budget)
                #expect((1...28).contains(budget.seconds) && budget.metered)
                #expect(scheduler.minutesToNext == 15)
            }
        }

        @Test("the next run comes after the library's pause")
        func pause() async throws {
            try await scheduler.inBackground {
                library.pause = SyncPause(notBefore: Date(timeIntervalSinceNow: 3600), why: .askedByServer)
                let suspension = Suspension(library)
                scheduler.refresh { suspension }.register()
                await scheduler.ended(try #require(scheduler.launch()))
                #expect(scheduler.minutesToNext == 60)
                library.pause = SyncPause(notBefore: Date(timeIntervalSinceNow: 60), why: .failedBefore)
                await scheduler.ended(try #require(scheduler.launch()))
                #expect(scheduler.minutesToNext == 15)
            }
        }

        @Test("a sync that fails is told, and the next run comes all the same")
        func failing() async throws {
            try await scheduler.inBackground {
                let suspension = Suspension(library)
                scheduler.refresh { suspension }.register()
                library.isBroken = true
                let task = try #require(scheduler.launch())
                await scheduler.ended(task)
                #expect(task.completed == [false] && scheduler.failures.first is FakeLibrary.Broken)
                #expect(scheduler.minutesToNext == 15)
            }
        }

        @Test("a library that cannot be opened is told, and the next run comes all the same")
        func notOpened() async throws {
            try await scheduler.inBackground {
                scheduler.refresh { throw FakeLibrary.Broken() }.register()
                let task = try #require(scheduler.launch())
                await scheduler.ended(task)
                #expect(task.completed == [false] && scheduler.failures.count == 1 && scheduler.minutesToNext == 15)
            }
        }

        @Test("a run whose time is over is cancelled, suspends, and ends its task once")
        func expired() async throws {
            try await scheduler.inBackground {
                let suspension = Suspension(library)
                suspension.enterBackground()
                await suspension.settled()
                scheduler.refresh { suspension }.register()
                let (arrived, goOn) = library.stop()
                let task = try #require(scheduler.launch())
                for await call in arrived {
                    if call == .sync { break }
                    goOn.yield()
                }
                task.expirationHandler?()
                for await call in arrived where call == .suspend { break }
                goOn.yield()
                await scheduler.ended(task)
                #expect(task.completed == [false] && library.calls == [.suspend, .resume, .sync, .suspend])
                #expect(scheduler.minutesToNext == 15 && UIApplication.shared.running.isEmpty)
            }
        }

        @Test("a task that Info.plist does not name is not taken, and a scheduler that takes none says so")
        func refused() {
            #expect(!BackgroundRefresh(identifier: "jp.example.unnamed") { Suspension(library) }.register())
            scheduler.offer(false)
            #expect(throws: (any Error).self) { try scheduler.refresh { Suspension(library) }.schedule() }
            scheduler.offer(true)
        }
    }
}
#endif
