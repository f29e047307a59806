import Git
import HTTP
import Primitives
import TestSupport
import Testing

@Suite("A server over HTTPS", .timeLimit(.minutes(1)))
struct GitTLSTests {
    /// The served repository behind TLS, with a certificate that only its own file vouches for.
    private struct Scene {
        let fixture: RemoteFixture
        let certificate: TestCertificate
        let front: TLSFront
        let asked = Protected(0)

        init() async throws {
            self.fixture = try await RemoteFixture { user, password, _, _ in
                user == "jet" && password == "s3cret" ? nil : 401
            }
            let directory = self.fixture.folder.path
            self.certificate = try await TestCertificate.make(in: directory)
            let upstream = self.fixture.server.url.replacing("http://", with: "")
            self.front = try await TLSFront.started(in: directory, self.certificate, before: upstream)
        }

        func remote(_ http: GitHTTPClient, host: String = "localhost") throws -> GitRemote {
            GitRemote(
                url: try GitRemoteURL("https://\(host):\(self.front.port)/owner/name.git"),
                access: .http { [asked] _ in
                    asked.withLock { $0 += 1 }
                    return GitCredential(user: "jet", secret: Secret("s3cret"))
                }, http: http)
        }

        func stop() async {
            await self.front.stop()
            await self.fixture.server.stop()
        }
    }

    @Test("clone, fetch and push with the authority's own file, by name and by address")
    func own() async throws {
        let scene = try await Scene()
        let fixture = scene.fixture
        let old = try fixture.id(fixture.commit())
        let http = GitHTTPClient(caFile: scene.certificate.certificate)
        _ = try await scene.remote(http).fetch(into: fixture.mirror)
        #expect(try fixture.isSame())
        let new = try fixture.outgoing()
        try await scene.remote(http, host: "127.0.0.1").push(
            "refs/jetbridge/outgoing/one", to: "main", expecting: old, from: fixture.mirror)
        try expectEqual(fixture.served("main"), new.hex)
        #expect(try fixture.isSame())
        await scene.stop()
    }

    @Test("an untrusted certificate, one for another name and an unusable file end before anything is sent")
    func refused() async throws {
        let scene = try await Scene()
        let other = try await TestCertificate.make(in: scene.fixture.folder.path, name: "other")
        let certificate = "correct the server's certificate, or name its authority's file"
        for (http, host, reason, remedy) in [
            (GitHTTPClient(), "localhost", "is not signed by a trusted authority", certificate),
            (GitHTTPClient(caFile: other.certificate), "localhost", "is not signed by a trusted", certificate),
            (GitHTTPClient(caFile: scene.certificate.certificate), "127.0.0.2", "is for another name", certificate),
            (GitHTTPClient(caFile: "/nonexistent.pem"), "localhost", "", "name a PEM file of certificate authorities"),
        ] {
            do {
                _ = try await scene.remote(http, host: host).list()
                Issue.record("the list came in spite of: \(reason)")
            } catch let error as GitError {
                expectEqual(error.code, .unreachable)
                #expect(reason.isEmpty || error.message.contains(reason), "\(error.message)")
                #expect(error.message.contains(remedy), "\(error.message)")
                #expect(!error.message.contains("\n") && !error.message.contains("s3cret"))
            }
        }
        #expect(scene.fixture.server.calls.isEmpty)
        await scene.stop()
    }
}
