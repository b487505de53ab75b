import Foundation
import Yorisoi

/// A city with a server, a clinician and a network of its own. Nothing in it is shared with another world.
///
/// Every method throws `KitFailure`.
public final class World: Sendable {
    private struct Told: Decodable {
        let world: String
        let server: String
        let roots: [String]
        let manifest: Data
        let now: String
    }

    private struct Named: Decodable {
        let consultation: String
    }

    /// The address phones are given. A network that fails on request lies between it and the server.
    public let server: String
    /// The public halves of the two root keys, for `ClientConfig.roots`.
    public let roots: [String]
    /// The signed manifest, for `ClientConfig.manifest`.
    public let manifest: Data
    /// What time it was when the world was made.
    public let now: Date

    private let id: String
    private let control: Control

    package init(control: Control, told: JSON) throws {
        // `Data` is base64 in JSON by default.
        guard let told = try? told.decoded(as: Told.self), let now = MomentText.read(told.now) else {
            throw KitFailure.noAnswer("a world that is none")
        }
        self.control = control
        id = told.world
        server = told.server
        roots = told.roots
        manifest = told.manifest
        self.now = now
    }

    /// Ends the world: its server, its network, its files.
    public func end() async throws {
        _ = try await perform("end")
    }

    /// Sets the clock of the server. Phones have clocks of their own.
    public func setClock(_ now: Date) async throws {
        _ = try await perform("set_clock", ["now": .string(MomentText.write(now))])
    }

    /// Issues a card of a programme, by default of the first one.
    public func issueCard(programme: String? = nil) async throws -> Card {
        let told = try await perform("issue_card", .object(programme.map { ["programme": .string($0)] } ?? [:]))
        return try read(told)
    }

    /// Revokes a card that was not redeemed, by its code.
    public func revokeCard(code: String) async throws {
        _ = try await perform("revoke_card", ["code": .string(code)])
    }

    /// Sets the phrase (合言葉) by which everybody in town may join a programme, by default the first one.
    public func setPhrase(_ text: String, programme: String? = nil) async throws {
        var body: [String: JSON] = ["text": .string(text)]
        body["programme"] = programme.map(JSON.string)
        _ = try await perform("set_phrase", .object(body))
    }

    /// A clinician takes the consultation that waits longest, of those that are for this role if one is named. Gives its id.
    @discardableResult
    public func take(as role: ClinicianRole? = nil) async throws -> String {
        let named: Named = try read(await perform("take", .object(Self.role(role))))
        return named.consultation
    }

    /// A clinician answers what they took; where nothing was taken, they take the consultation that waits longest first.
    /// Gives its id.
    @discardableResult
    public func answer(_ text: String, as role: ClinicianRole? = nil) async throws -> String {
        let body = Self.role(role).merging(["text": .string(text)]) { $1 }
        let named: Named = try read(await perform("answer", .object(body)))
        return named.consultation
    }

    /// Lets something go wrong: so many times, or from now on until `heal()`. `Kit.faults()` gives the names.
    public func fault(_ name: String, times: Int? = nil) async throws {
        var body: [String: JSON] = ["name": .string(name)]
        body["times"] = times.map { .whole(Int64($0)) }
        _ = try await perform("fault", .object(body))
    }

    /// Ends all faults. A server that is down is started.
    public func heal() async throws {
        _ = try await perform("heal")
    }

    /// Kills the server in the middle of whatever it does.
    public func killServer() async throws {
        _ = try await perform("kill_server")
    }

    /// Starts a killed server on the same files.
    public func startServer() async throws {
        _ = try await perform("start_server")
    }

    /// Keeps a copy of the server's files, for `restoreBackup()`.
    public func keepBackup() async throws {
        _ = try await perform("keep_backup")
    }

    /// Puts the copy of `keepBackup()` in the place of the server's files: it forgets what came since.
    public func restoreBackup() async throws {
        _ = try await perform("restore_backup")
    }

    /// What the network and the server saw.
    public func figures() async throws -> Figures {
        try read(await perform("figures"))
    }

    /// Does what a verb of the kit says, in its own words.
    package func perform(_ verb: String, _ with: JSON = [:]) async throws -> JSON {
        try await control.post("worlds/\(id)/\(verb)", with)
    }

    private static func role(_ role: ClinicianRole?) -> [String: JSON] {
        switch role {
        case .obstetrician: ["role": "obstetrician"]
        case .pediatrician: ["role": "pediatrician"]
        case .midwife: ["role": "midwife"]
        case nil: [:]
        }
    }

    private func read<Value: Decodable>(_ told: JSON) throws -> Value {
        do {
            return try told.decoded(as: Value.self)
        } catch {
            throw KitFailure.noAnswer("\(error)")
        }
    }
}

/// A card as a home-visit worker hands it over.
public struct Card: Sendable, Hashable, Decodable {
    /// What a person types.
    public let code: String
    /// What its QR code says.
    public let ticket: String
}

/// What happened in a world so far.
public struct Figures: Sendable, Hashable, Decodable {
    /// Requests that phones began.
    public let requests: Int
    /// Replies that reached a phone whole.
    public let replies: Int
    /// How often each fault struck, by its name.
    public let struck: [String: Int]
    /// Messages that the server holds.
    public let messages: Int
}
