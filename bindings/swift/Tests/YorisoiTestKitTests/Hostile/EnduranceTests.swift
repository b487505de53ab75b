import Foundation
import Testing
import Yorisoi
import YorisoiTestKit

/// Numbers that repeat from their seed.
struct Chance: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    /// SplitMix64.
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

}

/// How long calls take, on this machine in this minute: so that as many are cancelled early as late.
struct Durations {
    private var typical: [String: Double] = [:]

    /// Lets a call run for a part of the time that it takes, or a little longer.
    func wait(_ call: String, _ chance: inout Chance) async {
        let end = Date(timeIntervalSinceNow: (typical[call] ?? 0.001) * Double.random(in: 0...1.5, using: &chance))
        repeat { await Task.yield() } while Date() < end
    }

    /// Learns from a call that took so long, to its end or until it was cancelled.
    mutating func learn(_ call: String, took seconds: Double, cancelled: Bool) {
        let known = typical[call] ?? 0.001
        // One that was cancelled would have taken longer than it had.
        let learnt = cancelled ? max(known * 1.05, seconds) : (known * 3 + seconds) / 4
        // On a machine that does much else no wait may become long: there are ten thousand.
        typical[call] = min(learnt, 0.008)
    }
}

#if os(Linux)
/// Ten thousand calls that are cancelled anywhere, against a real server: nothing grows, nothing hangs, nothing is lost.
///
/// Memory is that of the process, so these run alone in one: `cargo xtask test swift` sets `YORISOI_ENDURANCE` for a run
/// of nothing else.
@Suite(
    .serialized, .timeLimit(.minutes(5)),
    .enabled(if: ProcessInfo.processInfo.environment["YORISOI_ENDURANCE"] != nil, "runs in a process of its own"))
struct EnduranceTests {
    private static let rounds = 10_000
    private static let seed: UInt64 = 20_210_802
    /// What the second half may need beyond the first: pages that the allocator keeps, and no more.
    private static let growth = 4 << 20

    private enum Ending: Hashable {
        case value
        case error(String)
        case cancelled
    }

    @Test("cancelled anywhere, ten thousand times")
    func cancelledAnywhere() async throws {
        let night = try #require(MomentText.read("2021-10-01T03:12:00+09:00"))
        try await Kit.shared().withWorld(now: night) { world in
            let phone = try FakePhone(in: world)
            let client = try await phone.open()
            let samples = try await prepare(phone, client, world)
            // Erasing has rounds of its own: after it there is nothing to call.
            let calls = Calls.ofClient.keys.filter { $0 != "erase" }.sorted()
            var chance = Chance(seed: Self.seed)
            var durations = Durations()
            var endings: [String: [Ending: Int]] = [:]
            var halfway = 0
            for round in 0..<Self.rounds {
                let call = calls[round % calls.count]
                let ending = try await cancelled(
                    call, with: samples.with(call, newPath: phone.folder.path + "/\(round)"), client, &chance,
                    &durations)
                endings[call, default: [:]][ending, default: 0] += 1
                if call == "suspend" { try await client.resume() }
                if round == Self.rounds / 2 { halfway = try ProcessFigures.now().resident }
            }
            let end = try ProcessFigures.now().resident
            #expect(end - halfway < Self.growth, "\(halfway >> 10) KiB halfway, \(end >> 10) KiB at the end")
            try await check(endings, client, world)
        }
    }

    /// A phone with a place, a draft, a photo, and a question that the server holds.
    private func prepare(_ phone: FakePhone, _ client: YorisoiClient, _ world: World) async throws -> CancelSamples {
        let card = try await world.issueCard().code
        _ = try await client.enroll(typed: card)
        try await client.agree()
        let consultation = try await client.ask(service: .obstetrics, subject: .parent, text: "眠れない日が続きます。")
        _ = try await client.sync()
        let messages = try await client.messages(consultation: consultation, before: nil, most: 1).messages
        let draft = try await client.write()
        let pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAsTj2FAAAAABJRU5ErkJggg=="
        let picture = try phone.writeFile("a.png", try #require(Data(base64Encoded: pixel))).path
        let photo = try await client.addPhoto(draft: draft, path: picture)
        return CancelSamples(
            card: card, draft: draft, consultation: consultation, message: try #require(messages.first).id,
            photo: photo.id, picture: picture)
    }

    /// Begins a call, lets it run for a while, and cancels it.
    private func cancelled(
        _ call: String, with: [String: JSON], _ client: YorisoiClient, _ chance: inout Chance,
        _ durations: inout Durations
    ) async throws -> Ending {
        let function = try #require(Calls.ofClient[call])
        let begun = Date()
        let task = Task {
            var arguments = try Arguments(with, Exercised())
            _ = try await function(client, &arguments)
        }
        await durations.wait(call, &chance)
        task.cancel()
        let result = await task.result
        let cancelled = if case .failure(is CancellationError) = result { true } else { false }
        durations.learn(call, took: -begun.timeIntervalSinceNow, cancelled: cancelled)
        switch result {
        case .success: return .value
        case .failure(is CancellationError): return .cancelled
        case .failure(let error as YorisoiError): return .error(error.code)
        case .failure(let error): throw error
        }
    }

    private func check(_ endings: [String: [Ending: Int]], _ client: YorisoiClient, _ world: World) async throws {
        // Without both there was nothing to see.
        let cancelled = endings.values.reduce(0) { $0 + ($1[.cancelled] ?? 0) }
        let ended = endings.values.reduce(0) { $0 + ($1[.value] ?? 0) }
        #expect(cancelled > Self.rounds / 20 && ended > Self.rounds / 50, "\(cancelled) cancelled, \(ended) ended")
        let never = endings.filter { ($0.value[.cancelled] ?? 0) == 0 }.keys.sorted()
        #expect(never == [], "never cancelled in time")
        // What was stored goes to the server, once.
        _ = try await client.sync()
        let state = try await client.syncState()
        #expect(state.pending == 0 && state.verifiedAt != nil)
        var messages = 0
        var next: UInt64?
        repeat {
            let page = try await client.consultations(after: next, most: 500)
            messages += page.consultations.reduce(0) { $0 + Int($1.messages) }
            next = page.next
        } while next != nil
        #expect(try await world.figures().messages == messages)
    }

    @Test("openings that are cancelled anywhere give everything back")
    func cancelledOpenings() async throws {
        let phone = try FakePhone(in: World.withoutServer())
        try await phone.open().write()
        phone.kill()
        var (chance, durations) = (Chance(seed: Self.seed), Durations())
        let before = try await ProcessFigures.settled { _ in true }
        var cancelled = 0
        for _ in 0..<500 {
            let begun = Date()
            let opening = Task {
                try await YorisoiClient.open(
                    config: phone.config(), keys: phone.keys, clock: phone.clock, notices: phone.heard)
            }
            await durations.wait("open", &chance)
            opening.cancel()
            switch await opening.result {
            case .success:
                durations.learn("open", took: -begun.timeIntervalSinceNow, cancelled: false)
            case .failure(is CancellationError):
                durations.learn("open", took: -begun.timeIntervalSinceNow, cancelled: true)
                cancelled += 1
            case .failure(let error): throw error
            }
        }
        #expect(cancelled > 50 && cancelled < 450, "\(cancelled) of 500 were cancelled")
        #expect(try await phone.open().draftCount() == 1)
        phone.kill()
        let after = try await ProcessFigures.settled {
            $0.threads <= before.threads + 4 && $0.files <= before.files + 4
        }
        #expect(after.threads <= before.threads + 4 && after.files <= before.files + 4, "\(before), then \(after)")
    }

    @Test("erasures that are cancelled anywhere are whole or not there")
    func cancelledErasures() async throws {
        let phone = try FakePhone(in: World.withoutServer())
        let client = try await phone.open()
        var (chance, durations) = (Chance(seed: Self.seed), Durations())
        for _ in 0..<100 {
            // An erasure that goes on from before ends what is under way.
            try await whileErasing { _ = try await client.enroll(typed: ticket) }
            try await whileErasing { try await client.write() }
            let before = try await client.draftCount()
            let begun = Date()
            let erasing = Task { try await client.erase() }
            await durations.wait("erase", &chance)
            erasing.cancel()
            let cancelled = if case .failure = await erasing.result { true } else { false }
            durations.learn("erase", took: -begun.timeIntervalSinceNow, cancelled: cancelled)
            // A write that has begun is finished, a little later perhaps.
            let after = try await client.draftCount()
            #expect(after == 0 || after == before)
        }
        try await client.erase()
        #expect(try await client.draftCount() == 0)
    }

    /// Begins again what an erasure ended, a few times at most.
    private func whileErasing(_ call: () async throws -> some Any) async throws {
        for _ in 0..<10 {
            do {
                _ = try await call()
                return
            } catch let error as YorisoiError where error.code == "not_enrolled" {
                continue
            }
        }
        _ = try await call()
    }

    @Test("libraries that are let go give back their threads and files")
    func givenBack() async throws {
        let phone = try FakePhone(in: World.withoutServer())
        try await phone.open().write()
        phone.kill()
        let before = try await ProcessFigures.settled { _ in true }
        for _ in 0..<50 {
            let client = try await phone.open()
            _ = client.startLive()
            _ = try await client.draftCount()
        }
        phone.kill()
        let after = try await ProcessFigures.settled {
            $0.threads <= before.threads + 4 && $0.files <= before.files + 4
        }
        #expect(after.threads <= before.threads + 4 && after.files <= before.files + 4, "\(before), then \(after)")
    }
}
#endif
