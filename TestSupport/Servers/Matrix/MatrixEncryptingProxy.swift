internal import EventLoop
package import HTTP
internal import Processes

/// A program that encrypts for clients without encryption: rooms made through it are encrypted, and what a
/// ``MatrixPerson`` sends and receives by its address is what another client of the room encrypts and decrypts.
///
/// It runs on an independent library, and ends with the test run.
package enum MatrixEncryptingProxy {
    /// The library that encrypts.
    package enum Library: String, Sendable { case nio, mautrix }

    /// The address of the one in front of a server that the whole test run shares.
    package static func shared(before synapse: Synapse, _ library: Library = .nio) async throws -> HTTPURL {
        try await SharedProxies.one(synapse.url, library)
    }

    @Net fileprivate static func start(before url: HTTPURL, _ library: Library) async throws -> HTTPURL {
        let directory = try TemporaryDirectory()
        let process = try Process.spawn(
            PythonClients.encryption.plan(
                script: "TestSupport/Servers/Matrix/clients/encrypting_proxy.py",
                [library.rawValue, url.origin, directory.path]))
        let output = ProxyOutput()
        // Unstructured: it reads as long as the process lives, and keeps the directory.
        Task { @Net in
            while let bytes = try? await process.output.read() { output.text += String(decoding: bytes, as: UTF8.self) }
            output.isOver = true
            withExtendedLifetime(directory) {}
        }
        let deadline = ContinuousClock.now + .seconds(30)
        while !output.text.contains("\n") {
            guard !output.isOver, ContinuousClock.now < deadline else {
                throw MatrixTestFailure("the encrypting proxy did not start:\n\(output.text)")
            }
            try await EventLoop.shared.sleep(for: .milliseconds(20))
        }
        guard let line = output.text.split(separator: "\n").first, let port = line.split(separator: " ").last else {
            throw MatrixTestFailure("the encrypting proxy says \(output.text)")
        }
        return try HTTPURL("http://127.0.0.1:\(port)")
    }
}

@Net private final class ProxyOutput {
    var text = ""
    var isOver = false
}

/// The proxies that all tests share.
private actor SharedProxies {
    private struct Place: Hashable {
        let url: String
        let library: MatrixEncryptingProxy.Library
    }

    private static let actor = SharedProxies()
    private var started: [Place: Task<HTTPURL, any Error>] = [:]

    static func one(_ url: HTTPURL, _ library: MatrixEncryptingProxy.Library) async throws -> HTTPURL {
        try await self.actor.one(url, library)
    }

    private func one(_ url: HTTPURL, _ library: MatrixEncryptingProxy.Library) async throws -> HTTPURL {
        let place = Place(url: url.origin, library: library)
        // Unstructured: cancelling the first caller must not cancel the start for the others.
        let start = self.started[place] ?? Task { try await MatrixEncryptingProxy.start(before: url, library) }
        self.started[place] = start
        return try await start.value
    }
}
