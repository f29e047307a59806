internal import Crypto
internal import EventLoop
internal import HTTP
internal import HTTPClient
internal import JSON

/// Posts deliveries to webhooks, one after the other.
@Net
final class GitHubPoster {
    private let client: HTTPClient
    private var queue: [(Int, HTTPClientRequest)] = []
    private var task: Task<Void, Never>?
    /// Deliveries wait until they are released.
    var isHeld = false
    var onAnswer: ((Int, Int) -> Void)?

    nonisolated init() {
        var settings = HTTPClientSettings()
        settings.allowsPlainHTTP = true
        self.client = HTTPClient(settings)
    }

    static func request(
        _ delivery: HubDelivery, to url: String, secret: String?, type: String, isForged: Bool = false
    ) -> HTTPClientRequest? {
        guard let address = try? HTTPURL(url) else { return nil }
        let isForm = type == "form"
        let body =
            isForm
            ? Array(
                HTTPQuery([.init(name: "payload", value: String(decoding: delivery.body, as: UTF8.self))]).encoded.utf8)
            : delivery.body
        var headers: HTTPHeaders = [
            "Content-Type": isForm ? "application/x-www-form-urlencoded" : "application/json",
            "User-Agent": "GitHub-Hookshot/044aadd", "Accept": "*/*", "X-GitHub-Event": delivery.event,
            "X-GitHub-Delivery": delivery.guid, "X-GitHub-Hook-ID": String(delivery.hook),
            "X-GitHub-Hook-Installation-Target-Type": "repository",
        ]
        if let secret {
            let key = Array((isForged ? secret + "x" : secret).utf8)
            headers.append("X-Hub-Signature", "sha1=" + hex(hmacSHA1(body, key: key)))
            headers.append("X-Hub-Signature-256", "sha256=" + hex(hmacSHA256(body, key: key)))
        }
        var request = HTTPClientRequest(.post, address, headers: headers, body: .bytes(body))
        // GitHub waits for ten seconds.
        request.totalTimeout = .seconds(10)
        return request
    }

    func add(_ id: Int, _ request: HTTPClientRequest) {
        self.queue.append((id, request))
        self.run()
    }

    /// Lets the held deliveries go, in this order of their places.
    func release(in order: (([Int]) -> [Int])?) {
        self.isHeld = false
        if let order {
            let places = order(Array(self.queue.indices))
            self.queue = places.filter { self.queue.indices.contains($0) }.map { self.queue[$0] }
        }
        self.run()
    }

    /// Posts at once, beside the queue.
    func post(_ request: HTTPClientRequest) async -> Int {
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
        guard self.task == nil, !self.isHeld, !self.queue.isEmpty else { return }
        // The queue is posted beside the requests that fill it; `stop()` ends it.
        self.task = Task {
            while !self.isHeld, !self.queue.isEmpty, !Task.isCancelled {
                let (id, request) = self.queue.removeFirst()
                let status = await self.post(request)
                self.onAnswer?(id, status)
            }
            self.task = nil
            if !Task.isCancelled { self.run() }
        }
    }
}
