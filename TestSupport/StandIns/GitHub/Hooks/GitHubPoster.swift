internal import Crypto
internal import EventLoop
internal import HTTP
internal import HTTPClient

/// Posts deliveries to webhooks, one after the other.
@Net
final class GitHubPoster {
    private let client: HTTPClient
    private var queue: [(Int, HTTPClientRequest)] = []
    private var task: Task<Void, Never>?
    var onAnswer: ((Int, Int) -> Void)?

    nonisolated init() {
        var settings = HTTPClientSettings()
        settings.allowsPlainHTTP = true
        self.client = HTTPClient(settings)
    }

    private static func request(_ delivery: HubDelivery, to hook: HubHook) -> HTTPClientRequest? {
        guard let address = try? HTTPURL(hook.url) else { return nil }
        var headers: HTTPHeaders = [
            "Content-Type": "application/json", "User-Agent": "GitHub-Hookshot/044aadd", "Accept": "*/*",
            "X-GitHub-Event": delivery.event, "X-GitHub-Delivery": delivery.guid,
            "X-GitHub-Hook-ID": String(delivery.hook), "X-GitHub-Hook-Installation-Target-Type": "repository",
        ]
        if let secret = hook.secret {
            let key = Array(secret.utf8)
            headers.append("X-Hub-Signature", "sha1=" + hex(hmacSHA1(delivery.body, key: key)))
            headers.append("X-Hub-Signature-256", "sha256=" + hex(hmacSHA256(delivery.body, key: key)))
        }
        var request = HTTPClientRequest(.post, address, headers: headers, body: .bytes(delivery.body))
        // GitHub waits for ten seconds.
        request.totalTimeout = .seconds(10)
        return request
    }

    func add(_ delivery: HubDelivery, to hook: HubHook) {
        guard let request = Self.request(delivery, to: hook) else {
            self.onAnswer?(delivery.id, 0)
            return
        }
        self.queue.append((delivery.id, request))
        self.run()
    }

    private func post(_ request: HTTPClientRequest) async -> Int {
        do {
            let response = try await self.client.execute(request)
            _ = try await response.body.collect(upTo: 1 << 20)
            return response.status.code
        } catch {
            return 0
        }
    }

    func stop() async {
        self.queue = []
        let task = self.task
        self.task = nil
        task?.cancel()
        await task?.value
    }

    private func run() {
        guard self.task == nil, !self.queue.isEmpty else { return }
        // The queue is posted beside the requests that fill it; `stop()` ends it.
        self.task = Task {
            while !self.queue.isEmpty, !Task.isCancelled {
                let (id, request) = self.queue.removeFirst()
                let status = await self.post(request)
                self.onAnswer?(id, status)
            }
            self.task = nil
            if !Task.isCancelled { self.run() }
        }
    }
}
