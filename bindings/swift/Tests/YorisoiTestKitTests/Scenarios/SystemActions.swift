import Foundation
import Yorisoi
import YorisoiTestKit

/// What the system of a fake phone does, by its name in the scenarios.
enum SystemActions {
    typealias Action = @Sendable (FakePhone, Exercised) async throws -> JSON

    /// Reads what is to be done and gives the deed, so that what is left over is found before anything is done.
    static func named(_ verb: String, _ with: inout Members) throws -> Action {
        switch verb {
        case "open": return try open(&with)
        case "close":
            return { phone, _ in
                try await phone.close()
                return .null
            }
        case "kill":
            return { phone, _ in
                phone.kill()
                return .null
            }
        case "damage":
            return { phone, _ in
                try phone.damage()
                return .null
            }
        case "keys": return try keys(&with)
        case "clock": return try clock(&with)
        case "write_file":
            let (name, bytes): (String, Data) = (try with.take("name"), try with.take("base64"))
            return { phone, _ in .string(try phone.writeFile(name, bytes).path) }
        case "new_path":
            let name: String = try with.take("name")
            return { phone, _ in .string(phone.newPath(name).path) }
        case "file":
            let path: String = try with.take("path")
            return { _, _ in file(path) }
        case "heard": return try heard(&with)
        default: throw ScenarioFault("a phone's system knows no \(verb)")
        }
    }

    private static func open(_ with: inout Members) throws -> Action {
        let server: String? = try with.take("server")
        let roots: [String]? = try with.take("roots")
        let brought: FakePhone.Manifest =
            switch with.takeJSON("manifest") {
            case nil: .ofTheWorld
            case .null?, "none"?: .absent
            case let json?: .bytes(try Data(reading: json))
            }
        let constructor: String? = try with.take("as")
        guard constructor == nil || constructor == "start_over" else {
            throw ScenarioFault("a library is opened or started over")
        }
        return { phone, exercised in
            let config = phone.config(server: server, roots: roots, manifest: brought)
            if constructor == nil {
                exercised.note("call open")
                try await phone.open(config)
            } else {
                exercised.note("call start_over")
                try await phone.startOver(config)
            }
            return .null
        }
    }

    private static func keys(_ with: inout Members) throws -> Action {
        let name: String = try with.take("state")
        guard let state = FakeKeys.State(rawValue: name) else {
            throw ScenarioFault("a key store is never \(name)")
        }
        return { phone, _ in
            phone.keys.state = state
            return .null
        }
    }

    private static func clock(_ with: inout Members) throws -> Action {
        let now: Date? = try with.take("now")
        let sinceBoot: Int64? = try with.take("since_boot_millis")
        let boot: String? = try with.take("boot")
        let trusted: Date? = try with.take("trusted")
        let isThrowing: Bool? = try with.take("throws")
        return { phone, _ in
            let clock = phone.clock
            // A phone that is on counts on with the clock on its wall, if nothing else is said.
            if let now { clock.pass(seconds: now.timeIntervalSince(clock.now)) }
            clock.sinceBootMillis = sinceBoot ?? max(0, clock.sinceBootMillis)
            if let boot { clock.boot = boot }
            clock.trusted = trusted
            clock.isThrowing = isThrowing ?? false
            return .null
        }
    }

    private static func heard(_ with: inout Members) throws -> Action {
        let wanted: JSON = try with.take("notice")
        return { phone, exercised in
            let rendering = Rendering(exercised: Exercised())
            let notice = try await phone.heard.wait(for: "\(wanted)", within: 10) { notice in
                (try? rendering.json(notice)).map { mismatch(expected: wanted, came: $0) == nil } ?? false
            }
            exercised.note(callbacksOf: phone)
            return try Rendering(exercised: exercised).json(notice)
        }
    }

    /// How long a file is and how it begins; null if there is none.
    private static func file(_ path: String) -> JSON {
        guard let bytes = FileManager.default.contents(atPath: path) else { return .null }
        let head = bytes.prefix(16).map { String(format: "%02x", $0) }.joined()
        return ["bytes": .whole(Int64(bytes.count)), "head": .string(head)]
    }
}
