import Foundation
import Yorisoi

/// The key that was handed over.
final class Keys: KeyStore {
    private let key: Data

    init(key: Data) { self.key = key }

    func load() throws -> Data? { key }

    func save(key: Data) throws { throw KeyStoreFailure.Failing }
}

/// 2021-10-01 03:12 in Japan, for ever.
final class StandingClock: Clock {
    func read() throws -> ClockReading {
        ClockReading(
            wall: Date(timeIntervalSince1970: 1_633_025_520), sinceBootMillis: 60_000, boot: "boot-1", trusted: nil)
    }
}

/// The app's listener: what is told of the family can be waited for.
final class Ear: Notices {
    private let family: AsyncStream<Void>.Continuation

    init(family: AsyncStream<Void>.Continuation) { self.family = family }

    func changed(notices: [Notice]) throws {
        if notices.contains(.family) { family.yield() }
    }
}

/// Why there is no figure.
enum Failure: Error {
    case arguments
    case line(String)
    case unexpected(String)
}

/// The tasks of `bindings/bench`, in Swift.
struct Tasks {
    /// Stands in no other text.
    static let rare = "瑪瑙"
    static let question =
        "夜中に三十八度の熱が出て、ミルクの飲みがいつもの半分くらいです。おしっこは出ています。"
        + "朝まで様子を見てもよいでしょうか。受診の目安と、家でできることを教えてください。"

    let client: YorisoiClient
    var told: AsyncStream<Void>.Iterator

    /// The nanoseconds that one call in ten beat. Not on the main actor: the way from it and back is Swift's, and as long whatever
    /// is called.
    mutating func round(_ task: String, of calls: Int) async throws -> UInt64 {
        var nanos: [UInt64] = []
        for _ in 0..<calls {
            let start = DispatchTime.now().uptimeNanoseconds
            try await call(task)
            nanos.append(DispatchTime.now().uptimeNanoseconds - start)
        }
        return nanos.sorted()[calls / 10]
    }

    mutating func call(_ task: String) async throws {
        switch task {
        case "list_of_50":
            let page = try await client.consultations(after: nil, most: 50)
            guard page.consultations.count == 50 else { throw Failure.unexpected(task) }
        case "save_queued":
            _ = try await client.ask(service: .pediatrics, subject: .parent, text: Self.question)
        case "search":
            guard try await !client.search(words: Self.rare).isEmpty else { throw Failure.unexpected(task) }
        case "change_notices_1000":
            try await client.tellFamilyFact(fact: .delivered(day: .notTold))
            guard await told.next() != nil else { throw Failure.unexpected(task) }
        default:
            throw Failure.line(task)
        }
    }
}

/// `DIRECTORY KEY ROOTS MANIFEST`: says `ready`, then answers each line `TASK CALLS` with the nanoseconds that one call in
/// ten beat.
@main
struct FfiBench {
    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 5 else { throw Failure.arguments }
        let roots = try String(contentsOfFile: arguments[3], encoding: .utf8).split(separator: "\n").map(String.init)
        let config = ClientConfig(
            directory: arguments[1], server: "https://127.0.0.1:1", roots: roots,
            manifest: try Data(contentsOf: URL(fileURLWithPath: arguments[4])))
        let (told, ear) = AsyncStream<Void>.makeStream()
        let client = try await YorisoiClient.open(
            config: config, keys: Keys(key: try bytes(hex: arguments[2])), clock: StandingClock(),
            notices: Ear(family: ear))
        var tasks = Tasks(client: client, told: told.makeAsyncIterator())
        say("ready")
        while let line = readLine() {
            let words = line.split(separator: " ")
            guard words.count == 2, let calls = Int(words[1]), calls > 0 else { throw Failure.line(line) }
            say(String(try await tasks.round(String(words[0]), of: calls)))
        }
    }

    /// `print` would wait until a pipe is full.
    static func say(_ line: String) {
        FileHandle.standardOutput.write(Data((line + "\n").utf8))
    }

    static func bytes(hex: String) throws -> Data {
        let digits = Array(hex)
        return try Data(
            stride(from: 0, to: digits.count - 1, by: 2).map { place in
                guard let byte = UInt8(String(digits[place...(place + 1)]), radix: 16) else { throw Failure.arguments }
                return byte
            })
    }
}
