import EventLoop
import Glibc
import Processes
import TestSupport
import Testing

/// Runs the commands of docs/backup.md, so that the page cannot drift from what works.
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
        let client = try await host.signIn()
        let thread = try await client.newThread()
        _ = try await client.upload(Array("what was sent\n".utf8), named: "sent.txt", to: thread)
        _ = try await client.ended(try await client.send("Keep this question", to: thread))
        _ = try await client.ended(try await client.send("/run echo kept > made.txt && cat sent.txt", to: thread))
        _ = try await client.ended(try await client.send("/commit Keep a file", to: thread))
        let before = try await client.transcript(of: thread)
        #expect(before.contains { $0.text.contains("what was sent") }, "\(before)")
        let rows = try await host.run(["audit", "export"]).output

        // A turn runs while the backup is made.
        async let turn = client.ended(try await client.send("Something else", to: try await client.newThread()))
        let made = try machine.run("Make a backup")
        #expect(made.contains("is complete: "), "\(made)")
        _ = try await turn
        let drill = try machine.run("A drill")
        #expect(drill.contains("The audit is in order") && drill.contains(thread), "\(drill)")
        _ = try await client.ended(try await client.send("/run rm made.txt sent.txt", to: thread))
        await expectEqual(host.terminate(), .exited(0))
        let restored = try machine.run("Restore")
        #expect(restored.contains("The audit is in order"), "\(restored)")

        try await host.start()
        let later = try #require(host.address.map(client.moved(to:)))
        let after = try await later.transcript(of: thread)
        expectEqual(after.map(\.text), before.map(\.text))
        try await expectEqual(host.run(["audit", "export"]).output, rows)
        let files = try await host.run(["run", "--thread", thread, "cat made.txt sent.txt; git log --format=%s -1"])
        #expect(files.text.contains("kept\nwhat was sent\nKeep a file"), "\(files)")
        await expectEqual(host.terminate(), .exited(0))
    }
}

/// What a kill leaves of a backup and of a restore.
@Suite("killed backups", .timeLimit(.minutes(2)))
struct KilledBackupTests {
    @Test("neither leaves something that looks complete, and both can be repeated")
    func killed() async throws {
        let host = try await HostProcess(configuration: "repositories: [{name: notes, path: notes}]\n")
        try await host.start()
        await expectEqual(host.terminate(), .exited(0))
        let (top, data) = (host.directory.path, host.dataPath)
        try RealGit(top).shell("mkdir -p \(data)/files/s && head -c 60000000 /dev/urandom > \(data)/files/s/large")
        let file = "\(top)/b.tar.gz"
        try await self.kill(["backup", "create", file, "--data-dir", data], in: top, once: "\(top)/.b.tar.gz.part")
        #expect(access(file, F_OK) != 0)
        #expect(try await host.run(["backup", "create", file]).status.isSuccess)
        try expectEqual(RealGit(top).shell("ls -A | grep -c part || true"), "0")
        let restore = ["backup", "restore", file, "--data-dir", "\(top)/new"]
        try await self.kill(restore, in: top, once: "\(top)/new/.restoring/data/files")
        #expect(access("\(top)/new/jetbridge.sqlite", F_OK) != 0)
        let refused = try await HostProcess.run(["serve", "--data-dir", "\(top)/new"], in: top)
        #expect(refused.errorText.contains("a backup is being restored into") && refused.status == .exited(1))
        #expect(try await HostProcess.run(restore, in: top).status.isSuccess)
        try RealGit(top).shell("cmp \(data)/files/s/large new/files/s/large && test ! -e new/.restoring")
    }

    /// Runs a command, and kills it as soon as a file exists.
    @Net private func kill(_ arguments: [String], in directory: String, once path: String) async throws {
        let process = try Process.spawn(
            .tied(HostProcess.executable, arguments, environment: ["HOME": directory], directory: directory))
        while access(path, F_OK) != 0, process.status == nil { try await EventLoop.shared.sleep(for: .milliseconds(1)) }
        process.signal(SIGKILL)
        try await expectEqual(process.exit(), .killed(SIGKILL))
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
        // Its first words are `-d -m 700 -o jetbridge`, a user that this machine may lack.
        self.directory.write("bin/install", "#!/bin/sh\nshift 5\nexec mkdir -p \"$@\"\n", mode: 0o700)
        self.directory.write("etc/jetbridge/backup.passphrase", "a long passphrase\n")
        let configuration = "\(self.directory.path)/etc/jetbridge/jetbridge.yaml"
        let command = "exec '\(HostProcess.executable)' \"$@\" --config '\(configuration)'"
        self.directory.write("bin/jetbridge", "#!/bin/sh\n\(command)\n", mode: 0o700)
        self.directory.write("etc/jetbridge/jetbridge.yaml", "data_dir: \(self.data)\n")
        try RealGit(self.directory.path).shell("mkdir -p var/lib var/backups/jetbridge")
    }

    /// Runs the first block of commands below a heading of the page. Returns what they print.
    @discardableResult
    func run(_ heading: String) throws -> String {
        let path = "\(PythonClients.root)/docs/backup.md"
        let page = String(decoding: ProcessTable.read(path), as: UTF8.self)
        let section = try #require(page.firstRange(of: "# \(heading)\n").map { page[$0.upperBound...] })
        let start = try #require(section.firstRange(of: "```sh\n")?.upperBound)
        let end = try #require(section[start...].firstRange(of: "```\n")?.lowerBound)
        var commands = String(section[start..<end])
        for folder in ["/var/lib", "/var/backups", "/etc"] {
            commands = commands.replacing(folder, with: self.directory.path + folder)
        }
        self.directory.write("commands", commands)
        return try RealGit(self.directory.path).shell("PATH=$PWD/bin:$PATH sh -eu commands")
    }
}
