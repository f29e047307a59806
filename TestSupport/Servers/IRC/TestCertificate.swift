internal import EventLoop
internal import Glibc
internal import Processes

/// Self-signed certificates, made with the `openssl` program.
package struct TestCertificate: Sendable {
    package let certificate: String
    package let key: String

    /// Creates one in `directory` for `localhost`, 127.0.0.1 and ::1, valid for a month.
    package static func make(in directory: String, name: String = "server") async throws -> Self {
        let made = Self(certificate: "\(directory)/\(name).pem", key: "\(directory)/\(name).key")
        try await Self.openssl(
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30",
                "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1",
                "-keyout", made.key, "-out", made.certificate,
            ], in: directory)
        // Servers drop root before they read it.
        chmod(made.key, 0o644)
        return made
    }

    /// Writes the Diffie-Hellman group ffdhe2048 (RFC 7919) and returns the file's path. A server without one computes a
    /// group at each start.
    package static func group(in directory: String) async throws -> String {
        let path = "\(directory)/group.pem"
        try await Self.openssl(
            ["genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt", "group:ffdhe2048", "-out", path], in: directory)
        chmod(path, 0o644)
        return path
    }

    private static func openssl(_ arguments: [String], in directory: String) async throws {
        let plan = ProcessPlan(
            Process.find("openssl") ?? "/usr/bin/openssl", arguments,
            environment: ["PATH": "/usr/bin:/bin", "HOME": directory])
        let result = try await Process.run(plan)
        guard result.status.isSuccess else { throw IRCTestFailure("openssl: \(result.errorText)") }
    }
}
