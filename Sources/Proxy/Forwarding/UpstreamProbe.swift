internal import EventLoop
internal import HTTP
internal import HTTPClient
internal import Logging

/// Finds out whether the upstream can be reached.
@Net
final class UpstreamProbe {
    private let client: HTTPClient
    private let account: UpstreamAccount
    private var last: (problem: String?, at: LoopInstant)?
    private var asking: Task<String?, any Error>?

    /// How long a result is reused, so that nobody can make the proxy flood the upstream.
    private static let interval = Duration.seconds(2)
    private static let patience = Duration.seconds(5)

    nonisolated init(client: HTTPClient, account: UpstreamAccount) {
        self.client = client
        self.account = account
    }

    /// One line that says what is wrong; nil if the upstream answers. Throws `CancellationError`.
    func problem() async throws -> String? {
        if let last = self.last, last.at.duration(to: EventLoop.shared.now) < Self.interval { return last.problem }
        // Unstructured: all who ask meanwhile share it, so it must not end with the one who asked first.
        let task = self.asking ?? Task { try await self.ask() }
        self.asking = task
        defer { if self.asking == task { self.asking = nil } }
        let problem = try await task.value
        self.last = (problem, EventLoop.shared.now)
        return problem
    }

    private func ask() async throws -> String? {
        do {
            var url = try await self.account.current().url
            if url.path.isEmpty { url.path = "/" }
            // Any answer will do, so it needs no token.
            var request = HTTPClientRequest(.head, url)
            request.totalTimeout = Self.patience
            _ = try await self.client.execute(request)
            return nil
        } catch let error as CancellationError {
            throw error
        } catch let error as HTTPClientError {
            return Redaction.redact("the upstream cannot be reached: \(error.message)")
        } catch {
            return Redaction.redact("no token for the upstream: \(error)")
        }
    }
}
