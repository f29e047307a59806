internal import EventLoop
internal import Processes

/// Self-signed certificates by the `openssl` program.
public struct TestCertificate: Sendable {
    /// PEM file of the certificate.
    public let certificate: String
    /// PEM file of its key.
    public let key: String

    /// Makes one in `directory` for `localhost`, 127.0.0.1 and ::1, valid for a month.
    public static func make(in directory: String, name: String = "server") async throws -> Self {
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
        // Servers give up root before they read it.
        chmodReadable(made.key)
        return made
    }
}
