internal import CCurl
internal import EventLoop
internal import Glibc
internal import Primitives

/// Lets libcurl resolve a name and connect to one of its addresses (RFC 8305), then takes over the socket.
@Net
final class Dial: Multi.User {
    let easy: EasyHandle
    /// No transfer reads from its socket.
    let localPort: Int32 = 0
    private let multi: Multi
    private let host: String
    private var onEnd: (@Net (HTTPClientError?) -> Void)?
    private var socket: FileDescriptor?

    /// - Parameters:
    ///   - host: With the port, if it is not 80.
    ///   - onEnd: Called once unless ``cancel()`` comes first, with nil when ``takeSocket()`` has a socket.
    init(
        _ host: String, timeout: Duration, by multi: Multi, onEnd: @escaping @Net (HTTPClientError?) -> Void
    ) throws(HTTPClientError) {
        self.multi = multi
        self.host = host
        self.onEnd = onEnd
        self.easy = try multi.handle()
        self.easy.setCommon(connectTimeout: timeout)
        // Nothing is sent.
        self.easy.set(CURLOPT_URL, "http://\(host)/")
        self.easy.set(CURLOPT_CONNECT_ONLY, 1)
        self.easy.set(CURLOPT_FRESH_CONNECT, true)
        do throws(HTTPClientError) {
            try multi.add(self)
        } catch {
            multi.recycle(self.easy)
            throw error
        }
    }

    func finished(_ result: CURLcode) {
        guard let onEnd = self.onEnd else { return }
        var failure: HTTPClientError?
        if result == CURLE_OK {
            // A copy, because libcurl closes its own.
            let copy = fcntl(unsafe ccurl_get_socket(self.easy.pointer), F_DUPFD_CLOEXEC, 0)
            if copy >= 0 {
                self.socket = FileDescriptor(owning: copy)
            } else {
                failure = HTTPClientError(.local, "\(self.host): \(SystemError.last("dup").message)")
            }
        } else {
            failure = self.easy.failure(result, host: self.host, wasConnected: false).error
        }
        self.cancel()
        onEnd(failure)
    }

    func takeSocket() -> FileDescriptor? { self.socket.take() }

    func cancel() {
        guard self.onEnd != nil else { return }
        self.onEnd = nil
        self.multi.remove(self)
        self.multi.recycle(self.easy)
    }
}
