import Glibc
import HTTP
import HTTPServer
import Processes
import TestSupport
import Testing

@Suite("upgrades", .timeLimit(.minutes(1)))
struct UpgradeTests {
    @Test("'doctor --before-upgrade' reports what an upgrade needs, and fails for a database that is too new")
    func before() async throws {
        let host = try await HostProcess(configuration: "gateway: {listen: \"127.0.0.1:0\"}\n")
        let fresh = try await host.run(["doctor", "--before-upgrade"])
        #expect(fresh.status.isSuccess && fresh.text.contains("schema: the first start makes"), "\(fresh.text)")
        try await host.start()
        let serving = try await host.run(["doctor", "--before-upgrade"])
        #expect(serving.status.isSuccess && serving.text.contains("is serving it"), "\(serving.text)")
        #expect(serving.text.contains("as it is") && serving.text.contains("backups: none are made"))
        await expectEqual(host.terminate(), .exited(0))
        try RealGit(host.directory.path).shell(
            "python3 -c \"import sqlite3; sqlite3.connect('data/jetbridge.sqlite', isolation_level=None).execute('INSERT INTO schema_migrations (number, name, checksum) VALUES (999, 1, 1)')\""
        )
        for command in [["doctor", "--before-upgrade"], ["serve", "--check"]] {
            let newer = try await host.run(command)
            expectEqual(newer.status, .exited(1), "\(command)")
            #expect((newer.text + newer.errorText).contains("was written by a newer version"), "\(newer.text)")
        }
    }

    @Test("'version --check' believes only a release file that the key has signed")
    func check() async throws {
        let directory = try TemporaryDirectory()
        directory.write(
            "release.json", #"{"version": "99.0.0", "schema": 999, "min_reader": 999, "notes": "See the news."}"#)
        try RealGit(directory.path).shell(
            """
            for key in one two; do openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out $key 2>/dev/null; \
            openssl pkey -in $key -pubout -out $key.pub; done
            openssl dgst -sha256 -sign one -out release.json.sig release.json
            """)
        let path = directory.path
        let server = HTTPServer(HTTPServerSettings()) { request in
            HTTPServerResponse(.ok, body: .bytes(ProcessTable.read("\(path)\(request.path)")))
        }
        try await server.start()
        defer { Task { await server.stop() } }
        let address = "http://\(try #require(server.boundAddress))/release.json"
        func run(_ key: String, _ address: String) async throws -> Process.Result {
            try await HostProcess.run(["version", "--check", address, "--key", "\(path)/\(key).pub"], in: path)
        }
        let good = try await run("one", address)
        #expect(
            good.status.isSuccess && good.text.contains("release 99.0.0 is available. See the news."),
            "\(good.errorText)")
        #expect(good.text.contains("going back means restoring a backup"))
        #expect(try await run("two", address).errorText.contains("is not signed with this key"))
        #expect(try await run("none", address).errorText.contains("cannot be read"))
        directory.write("release.json", #"{"version": "0.0.1", "schema": 1, "min_reader": 1}"#)
        #expect(try await run("one", address).errorText.contains("is not signed with this key"))
        try RealGit(path).shell("openssl dgst -sha256 -sign one -out release.json.sig release.json")
        #expect(try await run("one", address).text.contains("is the newest release"))
    }
}
