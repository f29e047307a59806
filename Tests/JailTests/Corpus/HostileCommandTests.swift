import EventLoop
import Glibc
import JSON
import Primitives
import Processes
import TestSupport
import Testing

/// Every hostile command in the real jail, judged from outside. Another program runs them, so that they also run as an
/// ordinary user.
@Suite("Hostile commands", .timeLimit(.minutes(10)), .serialized)
struct HostileCommandTests {
    /// How the jail is made.
    struct Host: Sendable, CustomStringConvertible {
        let description: String
        /// Nil for root.
        let user: UInt32?
        let limits: String
    }

    static let hosts: [Host] =
        geteuid() == 0
        ? [
            Host(description: "as root", user: nil, limits: ""),
            Host(description: "as root, without control groups", user: nil, limits: "rlimits"),
            Host(description: "as an ordinary user", user: 61_234, limits: ""),
        ]
        : [Host(description: "as this user", user: geteuid(), limits: "")]

    @Test("nothing escapes, and nothing survives", arguments: Self.hosts)
    func commands(host: Host) async throws {
        let bait = try await Bait()
        defer { Task { await bait.remove() } }
        let folder = "\(bait.folder.path)/host"
        mkdir(folder, 0o755)
        if let user = host.user, user != geteuid() { chown(folder, user, user) }
        // The jail is up before a command whose limit is short: its start counts, too, and takes longer on a busy machine.
        let commands = HostileCommand.all.flatMap { command in
            guard case .timesOut = command.verdict else { return [command] }
            return [HostileCommand("a start", ":", .harmless), command]
        }
        let lines = await Self.requests(commands, bait)
        let answers = try await Self.run(lines, host, folder)
        expectEqual(answers.count, commands.count + 1)
        for (command, answer) in zip(commands, answers.dropFirst()) {
            for complaint in Self.complaints(about: command, answer, bait) {
                Issue.record("\(host), \(command): \(complaint)")
            }
        }
        #expect(await bait.isUntouched)
        let left = Self.processes(of: try #require(Self.owner(of: "\(folder)/session")), except: host.user == geteuid())
        #expect(left.isEmpty)
        #expect(!Self.mounts().contains { $0.contains(bait.folder.path) })
    }

    private static func requests(_ commands: [HostileCommand], _ bait: Bait) async -> [String] {
        var lines: [String] = []
        for command in commands {
            // What ends by force is given less time.
            let limit: Int64 =
                switch command.verdict {
                case .isEnded, .timesOut: 1_000
                default: 20_000
                }
            let text = await bait.aimed(command.text)
            lines.append(JSON.object(["text": .string(text), "milliseconds": JSON(limit)]).text)
        }
        return lines
    }

    private static func run(_ lines: [String], _ host: Host, _ folder: String) async throws -> [JSON] {
        let driver = "\(folder).driver"
        try await Self.copy(try Self.driver, to: driver)
        var words = [
            driver, "shell", "folder=\(folder)", "memory=\(192 << 20)", "disk=\(256 << 20)", "files=20000",
            "limits=\(host.limits)",
        ]
        if let user = host.user, user != geteuid() {
            words = ["/usr/bin/setpriv", "--reuid", "\(user)", "--regid", "\(user)", "--clear-groups"] + words
        }
        let result = try await Process.run(
            ProcessPlan(words[0], Array(words.dropFirst()), environment: ["HOST_SECRET": "jetbridge-secret-variable"]),
            input: Array((lines.joined(separator: "\n") + "\n").utf8), keeping: 256 << 20)
        expectEqual(result.status, .exited(0), "\(result.errorText)")
        return try result.text.split(separator: "\n").map { try JSON.parse(Array($0.utf8)) }
    }

    private static func complaints(about command: HostileCommand, _ answer: JSON, _ bait: Bait) -> [String] {
        let output = answer["output"]?.stringValue ?? ""
        let all = output + (answer["errors"]?.stringValue ?? "")
        let status = answer["status"]?.stringValue ?? answer["failure"]?.stringValue ?? "nothing"
        var complaints: [String] = []
        if all.contains(HostileCommand.escaped) { complaints.append("it escaped: \(output.prefix(300))") }
        let hasSecret = all.contains(bait.secret) && !command.text.contains("{ABSTRACT}")
        if hasSecret || all.contains("jetbridge-secret-variable") { complaints.append("it read a secret") }
        if answer["failure"] != nil { complaints.append("it could not run: \(status)") }
        switch command.verdict {
        case .harmless: break
        case .fails:
            if status == "exited", answer["number"]?.intValue == 0 {
                complaints.append("it succeeded: \(output.prefix(300))")
            }
        case .prints(let text):
            let printed = String(output.reversed().drop { $0.isWhitespace }.reversed())
            if printed != text { complaints.append("\(status), printed “\(printed.prefix(300))” \(all.prefix(300))") }
        case .isEnded:
            if status == "exited" || answer["is_lost"]?.boolValue != true {
                complaints.append("it ended by itself: \(status)")
            }
        case .timesOut:
            if status != "timed out" || answer["is_lost"]?.boolValue != true {
                complaints.append("its time limit did not end it: \(status)")
            }
        }
        return complaints
    }

    // MARK: The machine

    /// The program next to the running tests.
    private static var driver: String {
        get throws {
            var buffer = [UInt8](repeating: 0, count: 4_096)
            let count = readlink("/proc/self/exe", &buffer, buffer.count)
            let own = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
            // The test runner may be a helper from the toolchain: then the bundle's path is an argument.
            let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? own
            let path = bundle[..<(bundle.lastIndex(of: "/") ?? bundle.startIndex)] + "/jetbridge-bench"
            try #require(access(String(path), X_OK) == 0, "\(path) is not built")
            return String(path)
        }
    }

    /// A copy that every user may run.
    private static func copy(_ program: String, to path: String) async throws {
        let result = try await Process.run(ProcessPlan("/usr/bin/install", ["-m", "755", program, path]))
        try #require(result.status == .exited(0), "\(result.errorText)")
    }

    private static func owner(of path: String) -> UInt32? {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_uid : nil
    }

    /// The live processes of a user, from outside.
    private static func processes(of user: UInt32, except isOwn: Bool) -> [String] {
        guard !isOwn, let folder = opendir("/proc") else { return [] }
        defer { closedir(folder) }
        var found: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard let number = Int32(name), Self.owner(of: "/proc/\(number)") == user else { continue }
            let status = Self.text(of: "/proc/\(number)/status")
            if !status.isEmpty, !status.contains("State:\tZ") {
                found.append("\(number): \(Self.text(of: "/proc/\(number)/cmdline"))")
            }
        }
        return found
    }

    private static func mounts() -> [String] {
        Self.text(of: "/proc/self/mountinfo").split(separator: "\n").map(String.init)
    }

    private static func text(of path: String) -> String {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return "" }
        defer { close(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while case let count = read(file, &buffer, buffer.count), count > 0 { bytes += buffer[..<count] }
        return String(decoding: bytes, as: UTF8.self)
    }
}
