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
        let plan = ProcessPlan(
            Process.find("openssl") ?? "/usr/bin/openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30",
                "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1",
                "-keyout", made.key, "-out", made.certificate,
            ], environment: ["PATH": "/usr/bin:/bin", "HOME": directory])
        let result = try await Process.run(plan)
        guard result.status.isSuccess else { throw IRCTestFailure("openssl: \(result.errorText)") }
        // Servers drop root before they read it.
        chmod(made.key, 0o644)
        return made
    }
}
