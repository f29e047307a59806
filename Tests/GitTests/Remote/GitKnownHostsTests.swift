import Crypto
import TestSupport
import Testing

@testable import Git

@Suite("The file of known SSH hosts")
struct GitKnownHostsTests {
    private static func key(_ letter: UInt8) -> [UInt8] {
        [0, 0, 0, 11] + Array("ssh-ed25519".utf8) + [0, 0, 0, 32] + [UInt8](repeating: letter, count: 32)
    }

    private static let known = base64(key(1))
    private static let hashed: String = {
        let salt = [UInt8](repeating: 7, count: 20)
        return "|1|\(base64(salt))|\(base64(hmacSHA1(Array("example.org".utf8), key: salt)))"
    }()

    @Test(
        "verdicts",
        arguments: [
            ("example.org ssh-ed25519 \(known)", GitKnownHosts.Verdict.known),
            ("# comment\n\nother.org,Example.org ssh-ed25519 \(known) a comment", .known),
            ("\(hashed) ssh-ed25519 \(known)", .known),
            ("*.org ssh-ed25519 \(known)", .known), ("ex?mple.* ssh-ed25519 \(known)", .known),
            ("*.org,!example.org ssh-ed25519 \(known)", .unknown),
            ("[example.org]:2222 ssh-ed25519 \(known)", .unknown),
            ("example.org ssh-rsa \(base64([0, 0, 0, 1, 65]))", .unknown),
            ("example.org ssh-ed25519 \(base64(key(2)))", .changed),
            ("example.org ssh-ed25519 \(base64(key(2)))\nexample.org ssh-ed25519 \(known)", .known),
            ("example.org ssh-ed25519 \(known)\n@revoked * ssh-ed25519 \(known)", .revoked),
            ("@cert-authority *.org ssh-ed25519 \(known)", .unknown), ("", .unknown), ("example.org", .unknown),
        ])
    func verdicts(text: String, verdict: GitKnownHosts.Verdict) {
        expectEqual(GitKnownHosts.verdict(text, key: Self.key(1), host: "example.org", port: 22), verdict)
    }

    @Test("another port is another name")
    func port() {
        let line = "[example.org]:2222 ssh-ed25519 \(Self.known)"
        expectEqual(GitKnownHosts.verdict(line, key: Self.key(1), host: "example.org", port: 2222), .known)
    }
}
