import Processes
import TestSupport
import Testing

/// Runs the commands of docs/operations.md, so that the page cannot drift from what works.
@Suite("backup and restore", .timeLimit(.minutes(1)))
struct BackupTests {
    @Test("the documented backup of a running host starts in an empty directory, with all that it had")
    func restore() async throws {
        let machine = try Machine()
        let host = try await HostProcess(
            configuration: """
                gateway: {listen: "127.0.0.1:0"}
                repositories: [{name: notes, path: notes}]
                default_repository: notes
                data_dir: \(machine.data)
                """, directory: machine.directory, dataPath: machine.data)
        try await host.start()
        let client = try await GatewayClient(
            signingInAt: try #require(host.address), code: try #require(await host.code))
        let thread = try await client.newThread()
        _ = try await client.upload(Array("what was sent\n".utf8), named: "sent.txt", to: thread)
        _ = try await client.ended(try await client.send("Keep this question", to: thread))
        _ = try await client.ended(try await client.send("/run echo kept > made.txt && cat sent.txt", to: thread))
        _ = try await client.ended(try await client.send("/commit Keep a file", to: thread))
        let before = try await client.transcript(of: thread)
        #expect(before.contains { $0.text.contains("what was sent") }, "\(before)")
        let rows = try await host.run(["audit", "export"]).output

        try machine.run("Back up")
        // The page's restore names a backup of its own.
        try RealGit(machine.directory.path).shell("mv backup/* backup/jetbridge-20261125-031500")
        _ = try await client.ended(try await client.send("/run rm made.txt sent.txt", to: thread))
        #expect(await host.terminate() == .exited(0))
        let restored = try machine.run("Restore")
        #expect(restored.contains("The audit is in order"), "\(restored)")

        try await host.start()
        let later = try #require(host.address.map(client.moved(to:)))
        let after = try await later.transcript(of: thread)
        #expect(after.map(\.text) == before.map(\.text))
        #expect(try await host.run(["audit", "export"]).output == rows)
        let files = try await host.run(["run", "--thread", thread, "cat made.txt sent.txt; git log --format=%s -1"])
        #expect(files.text.contains("kept\nwhat was sent\nKeep a file"), "\(files)")
        #expect(await host.terminate() == .exited(0))
    }
}

/// A folder that stands for `/`, with its own `sudo` and `systemctl`.
private struct Machine {
    let directory: TemporaryDirectory
    var data: String { "\(self.directory.path)/var/lib/jetbridge" }

    init() throws {
        self.directory = try TemporaryDirectory()
        self.directory.write("bin/sudo", "#!/bin/sh\n[ \"$1\" = -u ] && shift 2\nexec \"$@\"\n", mode: 0o700)
        self.directory.write("bin/systemctl", "#!/bin/sh\n", mode: 0o700)  // the test stops and starts the host
        let configuration = "\(self.directory.path)/etc/jetbridge/jetbridge.yaml"
        let command = "exec '\(HostProcess.executable)' \"$@\" --config '\(configuration)'"
        self.directory.write("bin/jetbridge", "#!/bin/sh\n\(command)\n", mode: 0o700)
        self.directory.write("etc/jetbridge/jetbridge.yaml", "data_dir: \(self.data)\n")
        try RealGit(self.directory.path).shell("mkdir -p var/lib backup")
    }

    /// Runs the first block of commands below a heading of the page. Returns what they print.
    @discardableResult
    func run(_ heading: String) throws -> String {
        let path = "\(PythonClients.root)/docs/operations.md"
        let page = String(decoding: ProcessTable.read(path), as: UTF8.self)
        let section = try #require(page.firstRange(of: "# \(heading)\n").map { page[$0.upperBound...] })
        let start = try #require(section.firstRange(of: "```sh\n")?.upperBound)
        let end = try #require(section[start...].firstRange(of: "```\n")?.lowerBound)
        var commands = String(section[start..<end])
        for folder in ["/var/lib", "/etc", "/backup"] {
            commands = commands.replacing(folder, with: self.directory.path + folder)
        }
        self.directory.write("commands", commands)
        return try RealGit(self.directory.path).shell("PATH=$PWD/bin:$PATH sh -eu commands")
    }
}
