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
    /// What five thousand calls may leave behind, where the phone does not come to hold more, in resident memory and in memory
    /// that was asked for: the allocator keeps pages here and there, each thread some of what others gave back, and the testing
    /// library something of every error that is thrown.
    private static let growth = (resident: 4 << 20, allocated: 1 << 20)
    /// After these there is more on the phone than before.
    private static let growing: Set = ["ask", "follow_up", "send_draft", "decide_consent"]

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
            // What is heard is not kept, as it would grow as well.
            let client = try await YorisoiClient.open(
                config: phone.config(), keys: phone.keys, clock: phone.clock, notices: NoticesWith { _ in })
            var samples = try await prepare(phone, client, world)
            // Erasing has rounds of its own: after it there is nothing to call.
            var calls = Calls.ofClient.keys.filter { $0 != "erase" }.sorted()
            var chance = Chance(seed: Self.seed)
            var durations = Durations()
            var endings: [String: [Ending: Int]] = [:]
            var halfway = (resident: 0, allocated: 0)
            for round in 0..<Self.rounds {
                let call = calls[round % calls.count]
                let ending = try await cancelled(
                    call, with: samples.with(call, newPath: phone.folder.path + "/\(round)"), client, &chance,
                    &durations)
                endings[call, default: [:]][ending, default: 0] += 1
                if call == "suspend" { try await client.resume() }
                // Without a draft there is little to cancel.
                if call.hasSuffix("_draft") {
                    samples = try await again(after: "suspended") {
                        try await client.resume()
                        return try await renew(samples, client)
                    }
                }
                if round == Self.rounds / 2 {
                    calls.removeAll(where: Self.growing.contains)
                    halfway = try await atRest(client)
                }
            }
            let end = try await atRest(client)
            #expect(end.resident - halfway.resident < Self.growth.resident, "\(halfway), then \(end)")
            #expect(end.allocated - halfway.allocated < Self.growth.allocated, "\(halfway), then \(end)")
            try await check(endings, client, world)
        }
    }

    /// Memory while the library has nothing to do and its caches are gone with its files.
    private func atRest(_ client: YorisoiClient) async throws -> (resident: Int, allocated: Int) {
        try await client.suspend()
        // What was cancelled goes on to its end: these calls wait behind it.
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 { group.addTask { _ = try await client.time() } }
            try await group.waitForAll()
        }
        let figures = try (ProcessFigures.now().resident, ProcessFigures.allocated())
        try await client.resume()
        return figures
    }

    /// A phone with a place, a draft, a photo, and a question that the server holds.
    private func prepare(_ phone: FakePhone, _ client: YorisoiClient, _ world: World) async throws -> CancelSamples {
        let card = try await world.issueCard().code
        _ = try await client.enroll(typed: card)
        try await client.agree()
        let consultation = try await client.ask(service: .obstetrics, subject: .parent, text: "眠れない日が続きます。")
        _ = try await client.sync()
        let messages = try await client.messages(consultation: consultation, before: nil, most: 1).messages
        let pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAsTj2FAAAAABJRU5ErkJggg=="
        let picture = try phone.writeFile("a.png", try #require(Data(base64Encoded: pixel))).path
        let samples = CancelSamples(
            card: card, draft: "", consultation: consultation, message: try #require(messages.first).id, photo: "",
            picture: picture)
        return try await renew(samples, client)
    }

    /// The same with a new draft and its photo, in the place of all other drafts.
    private func renew(_ samples: CancelSamples, _ client: YorisoiClient) async throws -> CancelSamples {
        for draft in try await client.drafts(after: nil, most: 500).drafts {
            do {
                try await client.discardDraft(id: draft.id)
            } catch let error as YorisoiError where error.code == "not_found" {
                // A call that was cancelled goes on to its end, and was faster.
                continue
            }
        }
        var samples = samples
        samples.draft = try await client.write()
        samples.photo = try await client.addPhoto(draft: samples.draft, path: samples.picture).id
        return samples
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
        try await again(after: "suspended") {
            try await client.resume()
            _ = try await client.sync()
        }
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

    /// One call in the middle of which the library waits for the host, so that every one is cancelled there. A hundred bytes of
    /// each may stay: the testing library keeps about fifty of every error that is thrown. A future that is never freed is more
    /// than a hundred in addition.
    @Test("cancelled in the middle, ten thousand times")
    func cancelledInTheMiddle() async throws {
        let phone = try FakePhone(in: World.withoutServer())
        let (stops, standing, gate) = (Guarded(false), Guarded(false), DispatchSemaphore(value: 0))
        let now = phone.clock.now
        let clock = ClockWith {
            // One reading of each round stands still, however many there are: else calls would pile up behind them.
            let isStopped = stops.with { stops in
                defer { stops = false }
                return stops
            }
            if isStopped {
                standing.with { $0 = true }
                guard gate.wait(timeout: .now() + 20) == .success else { throw Gate.NobodyCame() }
            }
            return ClockReading(wall: now, sinceBootMillis: 1, boot: "boot-1", trusted: nil)
        }
        let client = try await YorisoiClient.open(
            config: phone.config(), keys: phone.keys, clock: clock, notices: phone.heard)
        var (halfway, cancelled) = (0, 0)
        for round in 0..<2 * Self.rounds {
            if round == Self.rounds { halfway = try ProcessFigures.allocated() }
            stops.with { $0 = true }
            let call = Task { try await client.time() }
            while !standing.with({ $0 }) { await Task.yield() }
            call.cancel()
            if case .failure(is CancellationError) = await call.result { cancelled += 1 }
            standing.with { $0 = false }
            gate.signal()
        }
        let end = try ProcessFigures.allocated()
        #expect(cancelled > Self.rounds)
        #expect(end - halfway < 100 * Self.rounds, "\(halfway) bytes halfway, \(end) at the end")
        #expect(try await client.time().now == now)
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
            try await again(after: "not_enrolled") { _ = try await client.enroll(typed: ticket) }
            try await again(after: "not_enrolled") { try await client.write() }
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

    /// Begins again what a call that was cancelled, and goes on to its end all the same, ended with this code: a few times at
    /// most.
    @discardableResult
    private func again<Result>(after code: String, _ call: () async throws -> Result) async throws -> Result {
        for _ in 0..<10 {
            do {
                return try await call()
            } catch let error as YorisoiError where error.code == code {
                continue
            }
        }
        return try await call()
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
