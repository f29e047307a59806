import Glibc
import JSON
import TestSupport
import Testing

@testable import jetbridge

@Suite("jetbridge matrix", .timeLimit(.minutes(1)))
struct MatrixCommandTests {
    /// A folder with a configuration, and the words that make a command use it.
    private struct Machine {
        let folder: TemporaryDirectory
        private let options: [String]

        init(_ connections: String...) throws {
            self.folder = try TemporaryDirectory()
            let path = self.folder.write(
                "jetbridge.yaml", "adapters: {matrix: [\(connections.joined(separator: ", "))]}")
            self.options = ["--config", path, "--data-dir", "\(self.folder.path)/data"]
        }

        func run(_ words: String...) async -> ProgramResult { await self.run(words) }

        func run(_ words: [String]) async -> ProgramResult {
            await jetbridgeTests.run(
                ["matrix"] + words + self.options, environment: ["SYT": "syt_secret", "USER": "root"],
                directory: "/nonexistent")
        }
    }

    private static func connection(_ id: String, _ encryption: String = "{}") -> String {
        "{id: \(id), homeserver: \"https://x\", user: \"@\(id):x\", access_token: {env: SYT}, encryption: \(encryption)}"
    }

    // MARK: Which connection

    @Test("the only connection needs no name; its id is accepted with and without the network")
    func one() async throws {
        let machine = try Machine(Self.connection("home"))
        for words in [[], ["--adapter", "home"], ["--adapter", "matrix:home"]] {
            let result = await machine.run(["status", "--json"] + words)
            expectEqual(result.status, .done, "\(result)")
            let lines = try result.output.split(separator: "\n").map { try JSON.parse(String($0)) }
            #expect(lines.allSatisfy { $0["adapter"] == "matrix:home" } && lines.count > 1)
        }
    }

    @Test("a missing, unknown or ambiguous connection is an error with what to do")
    func wrong() async throws {
        let none = await (try Machine()).run("status")
        #expect(none.status == .failed && none.errors.contains("no Matrix connection is configured"))
        let two = try Machine(Self.connection("home"), Self.connection("work"))
        let unnamed = await two.run("status")
        #expect(unnamed.errors.contains("Name one with --adapter: home, work."))
        let unknown = await two.run("status", "--adapter", "hom")
        #expect(unknown.errors.contains("there is no Matrix connection 'hom'. There is: home, work."))
        await expectEqual(two.run("status", "--adapter", "work").status, .done)
        #expect(await two.run("stats").errors.contains("did you mean 'status'?"))
    }

    // MARK: Status

    @Test("status says what is missing and what to do")
    func status() async throws {
        let machine = try Machine(Self.connection("home"))
        let result = await machine.run("status")
        expectEqual(result.status, .done)
        #expect(
            result.output.contains(
                "warning There are no encryption keys at \(machine.folder.path)/data/matrix-home.keys"))
        #expect(result.output.contains("ok      Trust any: every device of the people in a room"))
        #expect(result.output.contains("warning There is no recovery key"))
        let off = try Machine(Self.connection("home", "{enabled: false}"))
        await expectEqual(off.run("status").output, "ok      Encryption is off: the bot keeps out of encrypted rooms\n")
    }

    // MARK: Recovery key

    @Test("recovery-key makes the file once, for its owner alone, and never replaces it")
    func recoveryKey() async throws {
        let folder = try TemporaryDirectory()
        let path = "\(folder.path)/matrix.recovery"
        let machine = try Machine(Self.connection("home", "{recovery_key: {file: \(path)}}"))
        #expect(await machine.run("status").output.contains("warning The recovery key \(path) does not exist yet"))
        let made = await machine.run("recovery-key")
        #expect(made.status == .done && made.output.hasPrefix("Made the recovery key \(path). "), "\(made)")
        #expect(made.output.contains("Restart the host"))
        var status = stat()
        #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
        let key = try #require(Self.text(path))
        let groups = key.split(separator: " ")
        #expect(groups.count == 12 && groups.allSatisfy { $0.filter { $0 != "\n" }.count == 4 })
        #expect(key.hasPrefix("Es") && !made.output.contains(groups[1]))
        #expect(await machine.run("status").output.contains("ok      The recovery key is \(path)"))

        let again = await machine.run("recovery-key", "--json")
        try expectEqual(JSON.parse(again.output), ["adapter": "matrix:home", "path": .string(path), "created": false])
        expectEqual(Self.text(path), key)
        await expectEqual(machine.run("recovery-key").output, "\(path) exists already and was not changed.\n")
        // The first letter is the same in all keys.
        folder.write("matrix.recovery", "F\(key.dropFirst())")
        let spoilt = await machine.run("status")
        #expect(spoilt.status == .failed && spoilt.output.contains("failed  \(path) holds no recovery key"))
        // Nothing else is left there.
        expectEqual(Self.names(in: folder.path), ["matrix.recovery"])
    }

    @Test("recovery-key does not write through a link, or into a folder that is missing")
    func refusedPlaces() async throws {
        let folder = try TemporaryDirectory()
        let link = "\(folder.path)/link"
        symlink("\(folder.path)/elsewhere", link)
        let linked = await (try Machine(Self.connection("home", "{recovery_key: {file: \(link)}}"))).run("recovery-key")
        #expect(linked.output.contains("exists already") && Self.names(in: folder.path) == ["link"])
        let none = await (try Machine(Self.connection("home", "{recovery_key: {file: \(folder.path)/no/key}}")))
            .run("recovery-key")
        #expect(none.status == .failed && none.errors.contains("Make its folder"), "\(none)")
        let unset = await (try Machine(Self.connection("home"))).run("recovery-key")
        #expect(unset.errors.contains("has no place for a recovery key. Add one to its configuration"))
        let off = await (try Machine(Self.connection("home", "{enabled: false}"))).run("recovery-key")
        #expect(off.errors.contains("encryption is off for matrix:home"))
    }

    // MARK: Reset and verify

    @Test("reset needs --yes")
    func reset() async throws {
        let machine = try Machine(Self.connection("home"))
        let unsure = await machine.run("reset")
        #expect(unsure.status == .usage && unsure.errors.contains("add --yes to do it"))
    }

    @Test("verify needs a host that serves, and says where else it can be done")
    func verify() async throws {
        let machine = try Machine(Self.connection("home"))
        let result = await machine.run("verify", "yes")
        #expect(result.status == .failed && result.errors.contains("Start it with 'jetbridge serve'"))
        #expect(result.errors.contains("send 'verify' to the bot in a direct message"))
    }

    @Test("the host's reply to verify is printed without bold, and with the command as it is typed here")
    func verifyReply() {
        let reply = "**Compare with the app of @alice:x:** 🐶 Dog, 🐱 Cat\n\nAn owner answers `/verify yes`."
        expectEqual(
            MatrixVerifyCommand.plain(reply),
            "Compare with the app of @alice:x: 🐶 Dog, 🐱 Cat\n\nAn owner answers `jetbridge matrix verify yes`.")
    }

    @Test("help describes each command")
    func help() async {
        for name in ["status", "verify", "reset", "recovery-key"] {
            let result = await run("matrix", name, "--help")
            #expect(result.status == .done && result.output.contains("--adapter ID"), "\(name)")
        }
    }

    private static func text(_ path: String) -> String? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        while case let byte = getc(file), byte != EOF { bytes.append(UInt8(truncatingIfNeeded: byte)) }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func names(in folder: String) -> [String] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }
}
