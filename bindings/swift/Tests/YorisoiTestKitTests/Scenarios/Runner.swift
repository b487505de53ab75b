import Foundation
import Yorisoi
import YorisoiTestKit

/// Runs one scenario from its first step to its last, in a world of its own.
final class Runner {
    /// A step did not go as the file says.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// What came of a step.
    private enum Came {
        case result(JSON)
        case error(JSON)
    }

    let exercised = Exercised()

    private let scenario: Scenario
    private let kit: Kit
    private let rendering: Rendering
    private var saved = Saved()
    /// The last one is where steps happen; a phone stays in the world in which it was first used.
    private var worlds: [World] = []
    private var phones: [String: FakePhone] = [:]
    private var sessions: [String: LiveSession] = [:]

    init(_ scenario: Scenario, _ kit: Kit) {
        self.scenario = scenario
        self.kit = kit
        rendering = Rendering(exercised: exercised)
    }

    /// Throws `Failure` at the first step that goes otherwise.
    func run() async throws {
        do {
            for (index, step) in scenario.steps.enumerated() {
                try await run(step, number: index + 1)
            }
        } catch {
            try? await end()
            throw error
        }
        try await end()
    }

    /// Ends what was begun, and writes down what was met.
    private func end() async throws {
        for session in sessions.values { session.stop() }
        for phone in phones.values { exercised.note(callbacksOf: phone) }
        for notice in phones.values.flatMap(\.heard.notices) { _ = try rendering.json(notice) }
        for phone in phones.values { phone.kill() }
        try exercised.write()
        for world in worlds { try await world.end() }
    }

    private func run(_ step: Step, number: Int) async throws {
        do {
            let came = try await perform(step)
            try check(step, came)
        } catch {
            throw Failure(description: "\(scenario.file), step \(number) (\(step.action)): \(error)")
        }
    }

    private func check(_ step: Step, _ came: Came) throws {
        switch (step.outcome, came) {
        case (.result(let expected), .result(let result)):
            let wrong = try expected.map(saved.fill).flatMap { mismatch(expected: $0, came: result) }
            if let wrong { throw ScenarioFault("\(wrong); expected \(expected ?? nil), came \(result)") }
            if let name = step.save { saved.keep(result, as: name) }
        case (.error(let expected), .error(let error)):
            let wrong = mismatch(expected: try saved.fill(expected), came: error)
            if let wrong { throw ScenarioFault("\(wrong); expected the error \(expected), came \(error)") }
            if let name = step.save { saved.keep(error, as: name) }
        case (.result(let expected), .error(let error)):
            throw ScenarioFault("expected \(expected ?? "any result"), came the error \(error)")
        case (.error(let expected), .result(let result)):
            throw ScenarioFault("expected the error \(expected), came \(result)")
        }
    }

    private func perform(_ step: Step) async throws -> Came {
        let with = try step.with.mapValues(saved.fill)
        do {
            return .result(try await result(of: step, with))
        } catch let error as YorisoiError {
            return .error(try rendering.json(error: error))
        }
    }

    private func result(of step: Step, _ with: [String: JSON]) async throws -> JSON {
        switch step.action {
        case .kit("world"):
            return try await makeWorld(with)
        case .kit(let verb):
            return try await theWorld().perform(verb, .object(with))
        case .os(let verb, let name):
            return try await system(verb, phone(name), with)
        case .call("start_live", let name):
            guard let session = step.save else { throw ScenarioFault("a session that nobody saves") }
            try Arguments(with, exercised).end()
            exercised.note("call start_live")
            sessions[session] = try phone(name).client().startLive()
            return .null
        case .call(let call, let name):
            guard let function = Calls.ofClient[call] else { throw ScenarioFault("there is no call \(call)") }
            var arguments = try Arguments(with, exercised)
            exercised.note("call \(call)")
            let result = await asResult { try await function(phone(name).client(), &arguments) }
            // Before the error of the call: a misspelt argument may be its cause.
            try arguments.end()
            return try rendering.json(result.get())
        case .free(let call):
            guard let function = Calls.free[call] else { throw ScenarioFault("there is no call \(call)") }
            var arguments = try Arguments(with, exercised)
            exercised.note("call \(call)")
            let result = try function(&arguments)
            try arguments.end()
            return try rendering.json(result)
        case .session(let call, let name):
            guard let session = sessions[name.trimmingCharacters(in: ["{", "}"])] else {
                throw ScenarioFault("there is no session \(name)")
            }
            try Arguments(with, exercised).end()
            exercised.note("call \(call)")
            switch call {
            case "stop": session.stop()
            case "ended": try await session.ended()
            default: throw ScenarioFault("a session knows no \(call)")
            }
            return .null
        }
    }

    private func asResult(
        _ body: () async throws -> any Sendable
    ) async -> Result<any Sendable, any Error> {
        do {
            return .success(try await body())
        } catch {
            return .failure(error)
        }
    }

    private func makeWorld(_ with: [String: JSON]) async throws -> JSON {
        // In the words of the file, so that the kit judges them.
        let told = try await kit.control.post("worlds", .object(with))
        worlds.append(try World(control: kit.control, told: told))
        return told
    }

    private func theWorld() throws -> World {
        guard let world = worlds.last else { throw ScenarioFault("there is no world yet") }
        return world
    }

    private func phone(_ name: String) throws -> FakePhone {
        if let phone = phones[name] { return phone }
        let phone = try FakePhone(in: theWorld())
        phones[name] = phone
        return phone
    }

    private func system(_ verb: String, _ phone: FakePhone, _ with: [String: JSON]) async throws -> JSON {
        var members = try Members(.object(with), of: "with")
        let action = try SystemActions.named(verb, &members)
        try members.end()
        return try await action(phone, exercised)
    }
}
