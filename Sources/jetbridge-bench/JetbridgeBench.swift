internal import Glibc
internal import Logging

/// Measurements inside the process, and the servers and clients for measurements from outside.
///
/// Each command is a measurement or a helper of a program in `Bench/`. Results go to stdout, one JSON object per line;
/// everything else goes to stderr.
@main
struct JetbridgeBench {
    private static let commands: [String: @Sendable (BenchArguments) async throws -> Void] = [
        "agent": { try await AgentBenchmark($0).run() },
        "jail": { try await JailBenchmark($0).run() },
        "live": { try await LiveLoad($0).run() },
        "model": { try await BenchModelServer($0).run() },
        "conversation": { try await ConversationBenchmark($0).run() },
        "commits": { try await CommitBenchmark($0).run() },
        "encrypted-rooms": { try await EncryptedRooms($0).run() },
        "encryption": { try await EncryptionBenchmark($0).run() },
        "extensions": { try await ExtensionsBenchmark($0).run() },
        "github-calls": { try await GitHubCallsBenchmark($0).run() },
        "github": { try await GitHubBenchmark($0).run() },
        "inbound": { try await InboundBenchmark($0).run() },
        "networks": { try await NetworksBenchmark($0).run() },
        "render": { try RenderBenchmark($0).run() },
        "shell": { try await ShellDriver($0).run() },
        "specs": { try SpecsBenchmark($0).run() },
        "snapshot": { try await SnapshotBenchmark($0).run() },
        "slack-server": { try await BenchSlackServer($0).run() },
        "telegram-server": { try await BenchTelegramServer($0).run() },
    ]

    static func main() async {
        let words = Array(CommandLine.arguments.dropFirst())
        guard let name = words.first, let command = Self.commands[name] else {
            let names = Self.commands.keys.sorted().joined(separator: "|")
            BenchOutput.tell("usage: jetbridge-bench \(names) [KEY=VALUE…]")
            exit(64)
        }
        Logging.configure(level: .warning, format: .text)
        do {
            try await command(BenchArguments(Array(words.dropFirst())))
        } catch {
            BenchOutput.tell("\(name): \(error)")
            exit(1)
        }
    }
}

/// Why a measurement is invalid.
struct BenchFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// The `KEY=VALUE` words after a command's name.
struct BenchArguments: Sendable {
    struct Missing: Error, CustomStringConvertible {
        let description: String
    }

    private let values: [String: String]

    init(_ words: [String]) {
        self.values = words.reduce(into: [:]) { values, word in
            guard let sign = word.firstIndex(of: "=") else { return }
            values[String(word[..<sign])] = String(word[word.index(after: sign)...])
        }
    }

    func number(_ key: String, default value: Int) -> Int { self.values[key].flatMap { Int($0) } ?? value }

    func text(_ key: String, default value: String) -> String { self.values[key] ?? value }

    func text(_ key: String) throws(Missing) -> String {
        guard let value = self.values[key] else { throw Missing(description: "\(key)=… is missing") }
        return value
    }
}
