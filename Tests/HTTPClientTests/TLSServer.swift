import EventLoop
import Processes
import Testing

/// `openssl s_server` on a free port.
@Net
struct TLSServer {
    let port: Int
    let process: Process

    /// - Parameter mode: For example `-rev`, which returns each line reversed.
    init(_ certificates: Certificates, _ name: String = "server", _ mode: String...) async throws {
        let plan = ProcessPlan(
            try #require(Process.find("openssl")),
            [
                "s_server", "-accept", "127.0.0.1:0", "-cert", certificates.certificate(name), "-key",
                certificates.key(name),
            ] + mode)
        self.process = try Process.spawn(plan)
        var text = ""
        while let bytes = try await self.process.output.read() {
            text += String(decoding: bytes, as: UTF8.self)
            // The port is complete once its line is.
            guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("ACCEPT ") }), text.hasSuffix("\n")
            else { continue }
            self.port = try #require(Int(line.split(separator: ":").last ?? ""))
            return
        }
        throw SystemError("openssl s_server: \(text)", code: 0)
    }

    func stop() async {
        self.process.output.cancel()
        await self.process.stop(patience: .zero)
    }
}
