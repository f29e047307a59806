import Copilot
import Crypto
import EventLoop
import Glibc
import HTTP
import JSON
import Models
import Primitives
import Processes
import TestSupport
import Testing

import struct Copilot.GitHubToken

@testable import GitHub

@Suite("GitHub: an app's tokens", .timeLimit(.minutes(1)))
struct GitHubAppTests {
    private let folder: TemporaryDirectory

    init() throws { self.folder = try TemporaryDirectory() }

    private func openssl(_ arguments: String...) async throws {
        let plan = ProcessPlan(
            Process.find("openssl") ?? "/usr/bin/openssl", arguments,
            environment: ["PATH": "/usr/bin:/bin", "HOME": self.folder.path], directory: self.folder.path)
        let result = try await Process.run(plan)
        #expect(result.status.isSuccess, "\(result.errorText)")
    }

    private func read(_ name: String) throws -> String {
        let file = try #require(fopen("\(self.folder.path)/\(name)", "r"))
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 16_384)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }

    private func write(_ bytes: [UInt8], _ name: String) throws {
        let file = try #require(fopen("\(self.folder.path)/\(name)", "w"))
        defer { fclose(file) }
        expectEqual(fwrite(bytes, 1, bytes.count, file), bytes.count)
    }

    /// A new key as PKCS #1 and PKCS #8.
    private func keys() async throws -> [Secret] {
        try await self.openssl("genrsa", "-traditional", "-out", "one.pem", "2048")
        try await self.openssl("pkcs8", "-topk8", "-nocrypt", "-in", "one.pem", "-out", "eight.pem")
        try await self.openssl("rsa", "-in", "one.pem", "-pubout", "-out", "public.pem")
        let keys = [try self.read("one.pem"), try self.read("eight.pem")]
        #expect(keys[0].hasPrefix("-----BEGIN RSA PRIVATE KEY"))
        #expect(keys[1].hasPrefix("-----BEGIN PRIVATE KEY"))
        return keys.map { Secret($0) }
    }

    private static func decoded(_ part: Substring) -> [UInt8]? {
        let text = part.replacing("-", with: "+").replacing("_", with: "/")
        return decodeBase64(text + String(repeating: "=", count: (4 - text.count % 4) % 4))
    }

    @Test("the claim is signed so that OpenSSL's program verifies it, with either form of key")
    func claim() async throws {
        for key in try await self.keys() {
            let app = GitHubAppSettings(appID: "Iv1.abc", privateKey: key)
            let parts = try GitHubAppClaim.signed(app, date: 1_000_000).reveal().split(separator: ".")
            expectEqual(parts.count, 3)
            let claim = try JSON.parse(try #require(Self.decoded(parts[1])))
            expectEqual(claim, ["iat": 999_940, "exp": 1_000_540, "iss": "Iv1.abc"])
            try expectEqual(JSON.parse(try #require(Self.decoded(parts[0]))), ["alg": "RS256", "typ": "JWT"])
            try self.write(Array("\(parts[0]).\(parts[1])".utf8), "text")
            try self.write(try #require(Self.decoded(parts[2])), "signature")
            try await self.openssl("dgst", "-sha256", "-verify", "public.pem", "-signature", "signature", "text")
        }
    }

    @Test("a key that cannot be used is an error that does not quote it")
    func badKeys() async throws {
        try await self.openssl("genrsa", "-out", "short.pem", "1024")
        try await self.openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "ec.pem")
        try await self.openssl("genrsa", "-aes256", "-passout", "pass:secret", "-out", "locked.pem", "2048")
        for text in ["", "nonsense", try self.read("short.pem"), try self.read("ec.pem"), try self.read("locked.pem")] {
            let error = #expect(throws: PrivateKeyError.self) { try signRSASHA256([1], privateKey: Secret(text)) }
            expectEqual(error?.description.contains("BEGIN EC"), false)
            #expect((error?.description.utf8.count ?? 0) < 200)
        }
    }

    private func app(_ transport: any ModelTransport, _ time: SkippingClock) async throws -> GitHubAppTokens {
        GitHubAppTokens(
            GitHubAppSettings(appID: "1", privateKey: try await self.keys()[0], permissions: ["contents": "write"]),
            try GitHubRig.settings(), transport: transport, clock: GitHubRig.clock(time))
    }

    /// GitHub with the app installed everywhere but at octo/none.
    private static func server(_ time: SkippingClock) -> AnsweringTransport {
        AnsweringTransport { request, number in
            if request.url.path == "/repos/octo/none/installation" { return .json("{}", status: 404) }
            if request.url.path.hasSuffix("/installation") { return .json(#"{"id":42,"account":{"login":"octo"}}"#) }
            let end = CivilTime(seconds: GitHubRig.start + time.now.components.seconds + 3_600).rfc3339Seconds
            return .json(
                #"{"token":"ghs_\#(String(repeating: "a", count: 30))\#(100_000 + number)","expires_at":"\#(end)"}"#,
                status: 201)
        }
    }

    @Test("a token is for one repository, kept until five minutes before its end, and fetched once at a time")
    func tokens() async throws {
        let time = SkippingClock()
        let transport = Self.server(time)
        let app = try await self.app(transport, time)
        let tokens = try await withThrowingTaskGroup { group in
            for _ in 0..<20 { group.addTask { try await app.token(for: GitHubRig.repository) } }
            return try await group.reduce(into: Set<GitHubToken?>()) { $0.insert($1) }
        }
        expectEqual(tokens.count, 1)
        expectEqual(
            transport.requests.map(\.url.path), ["/repos/octo/app/installation", "/app/installations/42/access_tokens"])
        let exchange = try #require(transport.requests.last)
        try expectEqual(
            JSON.parse(exchange.body ?? []), ["repositories": ["app"], "permissions": ["contents": "write"]])
        expectEqual(exchange.headers["authorization"]?.hasPrefix("Bearer eyJ"), true)
        time.pass(.seconds(3_299))
        try await expectEqual(app.token(for: GitHubRig.repository), tokens.first)
        time.pass(.seconds(2))
        let next = try await app.token(for: GitHubRig.repository)
        #expect(next != nil)
        #expect(!tokens.contains(next))
        expectEqual(transport.requests.count, 3)
    }

    @Test("a refused token is fetched anew; where the app is not installed, the host's is used")
    func refused() async throws {
        let time = SkippingClock()
        let transport = Self.server(time)
        let app = try await self.app(transport, time)
        let host = try GitHubRig.token()
        let tokens = ChosenTokens(app: app, host: FixedToken(host))
        let none = GitHubRepositoryName(owner: "octo", name: "none")
        for _ in 0..<3 { try await expectEqual(tokens.token(for: nil, repository: none), host) }
        expectEqual(transport.requests.count, 1)
        let first = try #require(try await tokens.token(for: nil, repository: GitHubRig.repository))
        expectEqual(first.kind, .installation)
        await tokens.refused(first)
        #expect(try await tokens.token(for: nil, repository: GitHubRig.repository) != first)
    }

    @Test("a key that GitHub does not accept is named as such")
    func badApp() async throws {
        let transport = ScriptedTransport([.json(#"{"message":"A JSON web token could not be decoded"}"#, status: 401)])
        let app = try await self.app(transport, SkippingClock())
        let error = await #expect(throws: GitHubError.self) { try await app.token(for: GitHubRig.repository) }
        expectEqual(error?.message.contains("the app's key (401)"), true)
    }
}
