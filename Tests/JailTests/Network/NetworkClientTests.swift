import EventLoop
import Processes
import TestSupport
import Testing

@testable import Jail

/// Real programs as clients, with the variables that a jail sets.
@Suite("Package managers through a jail's network", .timeLimit(.minutes(2)))
@Net
struct NetworkClientTests {
    private func environment(_ scene: NetworkScene, _ more: [String: String] = [:]) -> [String: String] {
        [
            "PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "http_proxy": scene.url, "https_proxy": scene.url,
            "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C", "PYTHONDONTWRITEBYTECODE": "1",
        ].merging(more) { $1 }
    }

    private func run(
        _ program: String, _ arguments: [String], _ environment: [String: String]
    ) async throws -> Process.Result {
        try await Process.run(.tied(try #require(Process.find(program)), arguments, environment: environment))
    }

    /// Serves a directory's files.
    private func withFiles(
        _ directory: TemporaryDirectory, _ body: @Net (NetworkScene, String) async throws -> Void
    ) async throws {
        let script = """
            import http.server, sys
            class Quiet(http.server.SimpleHTTPRequestHandler):
                protocol_version = "HTTP/1.1"
                def log_message(self, *a): pass
            server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
            print(server.server_port, flush=True)
            server.serve_forever()
            """
        let server = try Process.spawn(
            .tied(
                try #require(Process.find("python3", in: ["/usr/bin"])), ["-c", script],
                environment: ["PATH": "/usr/bin:/bin"], directory: directory.path))
        do {
            let line = try #require(try await server.output.read())
            let port = try #require(Int(String(decoding: line.dropLast(), as: UTF8.self)))
            let host = "server.test:\(port)"
            try await NetworkScene.with(rules: [host], open: [port]) { scene in try await body(scene, host) }
        } catch {
            await server.stop(patience: .zero)
            throw error
        }
        server.output.cancel()
        await server.stop(patience: .zero)
    }

    @Test("curl: http, and the reason of a refusal")
    func curl() async throws {
        let files = try TemporaryDirectory()
        try TestFile.write("hello", to: "\(files.path)/a.txt")
        try await self.withFiles(files) { scene, host in
            let environment = self.environment(scene)
            let got = try await self.run("curl", ["-sS", "http://\(host)/a.txt"], environment)
            expectEqual(got.text, "hello")
            let refused = try await self.run("curl", ["-sS", "http://other.test/"], environment)
            #expect(refused.text.contains("to allow it, add other.test:80 to jail.network.allow"))
            let tunnel = try await self.run("curl", ["-sS", "https://other.test/"], environment)
            #expect(tunnel.errorText.contains("403"))
            expectEqual(scene.requests.map(\.verdict), [.allowed, .refused, .refused])
        }
    }

    @Test("curl: https through a tunnel, with the server's certificate checked by the client")
    func tls() async throws {
        let folder = try TemporaryDirectory()
        let (key, certificate) = ("\(folder.path)/key.pem", "\(folder.path)/certificate.pem")
        let made = try await self.run(
            "openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                "-subj", "/CN=server.test", "-addext", "subjectAltName=DNS:server.test", "-keyout", key, "-out",
                certificate,
            ], ["PATH": "/usr/bin:/bin"])
        try #require(made.status.isSuccess, "\(made.errorText)")
        let server = try Process.spawn(
            .tied(
                try #require(Process.find("openssl")),
                ["s_server", "-accept", "127.0.0.1:0", "-cert", certificate, "-key", key, "-www"], environment: [:]))
        do {
            let port = try await self.port(of: server)
            let host = "server.test:\(port)"
            try await NetworkScene.with(rules: [host], open: [port]) { scene in
                let got = try await self.run(
                    "curl", ["-sS", "--cacert", certificate, "https://\(host)/"], self.environment(scene))
                #expect(got.text.contains("Cipher"), "\(got.errorText)")
                // The proxy has no certificate of its own to offer.
                let unknown = try await self.run("curl", ["-sS", "https://\(host)/"], self.environment(scene))
                #expect(!unknown.status.isSuccess)
            }
        } catch {
            await server.stop(patience: .zero)
            throw error
        }
        server.output.cancel()
        await server.stop(patience: .zero)
    }

    private func port(of server: Process) async throws -> Int {
        var text = ""
        while let bytes = try await server.output.read() {
            text += String(decoding: bytes, as: UTF8.self)
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
            guard let line = lines.first(where: { $0.hasPrefix("ACCEPT ") }) else { continue }
            return try #require(Int(line.split(separator: ":").last ?? ""))
        }
        throw SystemError("openssl s_server: \(text)", code: 0)
    }

    @Test("git clones over http")
    func git() async throws {
        let files = try TemporaryDirectory()
        let git = RealGit(files.path)
        try git("init -q source")
        try git.shell("cd source && echo hello >a.txt && git add a.txt && git commit -q -m first")
        // update-server-info lets a server of plain files answer.
        try git.shell("git clone -q --bare source served.git && cd served.git && git update-server-info")
        try await self.withFiles(files) { scene, host in
            let cloned = try await self.run(
                "git", ["clone", "-q", "http://\(host)/served.git", "\(files.path)/clone"], self.environment(scene))
            #expect(cloned.status.isSuccess, "\(cloned.errorText)")
            try expectEqual(git.shell("cat clone/a.txt"), "hello")
            let refused = try await self.run(
                "git", ["clone", "-q", "https://other.test/x.git", "\(files.path)/other"], self.environment(scene))
            #expect(refused.errorText.contains("403"))
            expectEqual(scene.requests.last?.verdict, .refused)
        }
    }

    @Test("pip installs a wheel from an index, and shows the rule that a refused server needs")
    func pip() async throws {
        let files = try TemporaryDirectory()
        try await self.makeIndex(in: files.path)
        try await self.withFiles(files) { scene, host in
            // Otherwise pip asks a server that is refused six times, seconds apart.
            let arguments = [
                "-m", "pip", "install", "--disable-pip-version-check", "--no-cache-dir", "--no-deps", "--retries", "0",
                "--target", "\(files.path)/installed",
            ]
            let environment = self.environment(scene)
            let installed = try await PythonClients.tools.run(
                arguments + ["--index-url", "http://\(host)/simple/", "--trusted-host", "server.test", "tiny"],
                environment: environment)
            #expect(installed.status.isSuccess, "\(installed.errorText)")
            try expectEqual(RealGit(files.path).shell("cat installed/tiny/__init__.py"), "answer = 42")
            #expect(scene.requests.count >= 2)
            #expect(scene.requests.allSatisfy { $0.verdict == .allowed })
            let refused = try await PythonClients.tools.run(
                arguments + ["https://index.test/tiny-1.0-py3-none-any.whl"], environment: environment)
            #expect(!refused.status.isSuccess)
            #expect(
                (refused.text + refused.errorText)
                    .contains(
                        "403 index.test:443 is not allowed; to allow it, add index.test:443 to jail.network.allow"))
        }
    }

    /// A PEP 503 index with one wheel.
    private func makeIndex(in directory: String) async throws {
        let script = """
            import os, zipfile
            name = "tiny-1.0-py3-none-any.whl"
            os.makedirs("simple/tiny")
            info = "tiny-1.0.dist-info/"
            with zipfile.ZipFile("simple/tiny/" + name, "w") as wheel:
                wheel.writestr("tiny/__init__.py", "answer = 42")
                wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\\nName: tiny\\nVersion: 1.0\\n")
                wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
                wheel.writestr(info + "RECORD", "")
            with open("simple/tiny/index.html", "w") as page:
                page.write(f'<a href="{name}">{name}</a>')
            """
        let made = try await Process.run(
            ProcessPlan(
                try #require(Process.find("python3", in: ["/usr/bin"])), ["-c", script],
                environment: ["PATH": "/usr/bin:/bin"], directory: directory))
        try #require(made.status.isSuccess, "\(made.errorText)")
    }
}
