import Foundation

/// A running `yorisoi-kit`: it makes worlds, each with a real server, a network that fails on request, and a clinician.
///
/// ```swift
/// let kit = try await Kit.shared()
/// let world = try await kit.world()
/// let phone = try FakePhone(in: world)
/// let client = try await phone.open()
/// _ = try await client.enroll(typed: world.issueCard().code)
/// ```
public final class Kit: Sendable {
    package let control: Control
    #if os(macOS) || os(Linux)
    private let program: KitProgram?
    #endif

    /// A kit that runs already, at the address that its first line names: for tests that cannot start programs, such as
    /// those in a simulator. The address must be on this machine.
    public init(control: URL) throws {
        self.control = try Control(address: control)
        #if os(macOS) || os(Linux)
        program = nil
        #endif
    }

    #if os(macOS) || os(Linux)
    private init(program: KitProgram) throws {
        control = try Control(address: program.control)
        self.program = program
    }

    /// Starts the program at this path, by default the one that the environment variable `YORISOI_KIT` names. It ends with
    /// `end()`, when this object is let go, and with this process.
    ///
    /// Throws `KitFailure`.
    public static func start(program: String? = nil) async throws -> Kit {
        guard let path = program ?? ProcessInfo.processInfo.environment["YORISOI_KIT"], !path.isEmpty else {
            throw KitFailure.noProgram
        }
        return try Kit(program: await KitProgram.start(path))
    }

    /// The one kit of this process, started at the first call from what `YORISOI_KIT` names. Worlds keep tests apart, so
    /// that one kit is enough for all of them. Do not end it.
    ///
    /// Throws `KitFailure`, at every call if it could not be started.
    public static func shared() async throws -> Kit {
        let starting = common.with { common -> Task<Kit, any Error> in
            let starting = common ?? Task { try await start() }
            common = starting
            return starting
        }
        return try await starting.value
    }

    private static let common = Guarded<Task<Kit, any Error>?>(nil)

    /// Ends the program with all its worlds, and waits until it is gone. Does nothing for a kit that was not started here.
    ///
    /// Throws `KitFailure.nothingCame` if it had to be ended by force.
    public func end() async throws {
        try await program?.end()
    }
    #endif

    /// Makes a world.
    ///
    /// - Parameters:
    ///   - programmes: Ids of the programmes its server offers, such as `fuchu-2021`; by default all that the kit knows.
    ///   - now: What time it is in this world: it stands still until `World.setClock`. By default it is the real time, in
    ///     programmes that are open today.
    ///
    /// Throws `KitFailure`.
    public func world(programmes: [String]? = nil, now: Date? = nil) async throws -> World {
        var body: [String: JSON] = [:]
        body["programmes"] = programmes.map { .array($0.map(JSON.string)) }
        body["now"] = now.map { .string(MomentText.write($0)) }
        return try World(control: control, told: await control.post("worlds", .object(body)))
    }

    /// Makes a world, hands it to `body`, and ends it however that went.
    ///
    /// Throws `KitFailure`, and whatever `body` throws.
    public func withWorld<Result: Sendable>(
        programmes: [String]? = nil,
        now: Date? = nil,
        _ body: (World) async throws -> Result
    ) async throws -> Result {
        let world = try await world(programmes: programmes, now: now)
        do {
            let result = try await body(world)
            try await world.end()
            return result
        } catch {
            // What went wrong first is what counts. In a task of its own, since this one may be cancelled.
            await Task { try? await world.end() }.value
            throw error
        }
    }

    /// The faults that `World.fault` knows.
    ///
    /// Throws `KitFailure`.
    public func faults() async throws -> [Fault] {
        try await control.get("faults").decoded(as: [Fault].self)
    }
}

/// Something that goes wrong on request.
public struct Fault: Sendable, Hashable, Decodable {
    /// Its name, for `World.fault`.
    public let name: String
    /// What it does, in a sentence.
    public let words: String
    /// Which failures from the field it stands for, by their numbers in the kit's list.
    public let failures: [Int]
}
