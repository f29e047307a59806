internal import CCurl
internal import EventLoop
internal import Glibc
internal import HTTP
internal import Primitives

/// An exchange by libcurl, whose callbacks fill it.
@Net
final class CurlTransfer: Transfer, Multi.User {
    let easy: EasyHandle
    private(set) var localPort: Int32 = 0

    private let multi: Multi
    private let refusal: HTTPClient.AddressRefusal?
    private var reader: ResponseHeadReader
    /// The actual cause when a callback aborted the transfer; libcurl reports only the abort.
    private var failure: (any Error)?

    init(
        _ plan: TransferPlan, _ settings: HTTPClientSettings, refusing refusal: HTTPClient.AddressRefusal? = nil,
        on multi: Multi
    ) throws(HTTPClientError) {
        self.multi = multi
        self.refusal = refusal
        self.easy = try multi.handle()
        self.reader = ResponseHeadReader(limit: settings.maximumHeadBytes, host: plan.host)
        super.init(plan)
        self.setUp(settings)
        self.plan.wasSent()
    }

    override func submit() throws(HTTPClientError) {
        do throws(HTTPClientError) {
            try self.multi.add(self)
        } catch {
            self.giveBack()
            throw error
        }
    }

    override func letGo() {
        self.multi.remove(self)
        self.giveBack()
    }

    override func notify(_ notice: Notice) {
        // Runs inside a callback of libcurl, which must not call libcurl.
        self.multi.afterwards { self.call(notice) }
    }

    override func receiveAgain() {
        guard self.isReceivePaused, !self.isEnded else { return }
        self.multi.unpause(self) {
            self.isReceivePaused = false
            self.moved()
            return self.pauses
        }
    }

    override func sendAgain() {
        self.multi.unpause(self) {
            self.isSendPaused = false
            self.moved()
            return self.pauses
        }
    }

    private var pauses: Int32 {
        (self.isReceivePaused ? CURLPAUSE_RECV : 0) | (self.isSendPaused ? CURLPAUSE_SEND : 0)
    }

    func finished(_ result: CURLcode) {
        guard result != CURLE_OK else { return self.end(throwing: nil) }
        let failure = self.easy.failure(result, host: self.plan.host, wasConnected: self.isConnected)
        self.end(throwing: self.failure ?? failure.error)
    }

    private func giveBack() {
        // A handle with a different buffer size is not reused: libcurl's reset clears the size but keeps the buffer.
        if self.plan.isTrickle { self.easy.close() } else { self.multi.recycle(self.easy) }
    }

    // MARK: libcurl's callbacks

    /// Whether a connection to the address may be opened.
    fileprivate func mayConnect(to address: IPAddress?, port: UInt16) -> Bool {
        guard let refusal = self.refusal else { return true }
        let reason = address.map { refusal($0, port) } ?? "it is no internet address"
        guard let reason else { return true }
        self.failure = HTTPClientError(
            .addressRefused, "\(self.plan.host): its address\(address.map { " \($0)" } ?? "") is refused: \(reason)")
        return false
    }

    /// The connection is established. `false` ends the transfer.
    fileprivate func connected(to address: String, from localPort: Int32) -> Bool {
        self.localPort = localPort
        let isLoopback = address == "::1" || address.hasPrefix("127.") || address.hasPrefix("::ffff:127.")
        guard self.plan.mayLeaveLoopback || isLoopback else {
            self.failure = HTTPClientError(
                .plainHTTPRefused, "\(self.plan.host): the name resolves to \(address), which is not this machine")
            return false
        }
        // libcurl retries when a reused connection closes without an answer, though the request may have been executed.
        guard !self.isConnected || self.plan.method.isIdempotent else {
            self.failure = HTTPClientError(
                .closed, "\(self.plan.host): the connection ended without an answer", mayHaveReachedServer: true)
            return false
        }
        self.isConnected = true
        // Another address of the name may have been refused before.
        self.failure = nil
        self.moved()
        return true
    }

    /// A line of the head or the trailers. `false` ends the transfer.
    fileprivate func received(line: Span<UInt8>) -> Bool {
        self.moved()
        do throws(HTTPClientError) {
            if let head = try self.reader.take(line) { self.take(head) }
            return true
        } catch {
            self.failure = error
            return false
        }
    }

    /// Bytes of the body; `false` asks libcurl to keep them and pause.
    fileprivate func received(body bytes: Span<UInt8>) -> Bool {
        self.moved()
        guard self.body.hasRoom else {
            self.pauseReceiving()
            return false
        }
        self.body.offer(bytes)
        return true
    }

    fileprivate func fill(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
        self.moved()
        guard let upload = self.upload else { return 0 }
        let count = unsafe upload.take(into: buffer)
        if count > 0 { return count }
        switch upload.end {
        case .success: return 0
        case .failure(let error):
            self.failure = error
            return Int(CURL_READFUNC_ABORT)
        case nil:
            self.isSendPaused = true
            return Int(CURL_READFUNC_PAUSE)
        }
    }
}

// MARK: - Setting up

extension CurlTransfer {
    private func setUp(_ settings: HTTPClientSettings) {
        let easy = self.easy
        let shape = self.plan.shape
        if easy.shape == nil || easy.shape != shape {
            if easy.shape != nil { easy.reset() }
            self.setOptions(settings)
            easy.shape = shape
        }
        easy.clearError()
        if self.plan.signature == nil { easy.set(target: self.plan.target) }
        switch self.plan.body {
        // Servers expect `Content-Length: 0` with these methods (RFC 9110 §8.6).
        case .none: if self.plan.sendsEmptyBody { easy.setBody([]) }
        case .bytes(let bytes): easy.setBody(bytes)
        case .stream(let length, _): easy.setUpload(length: length)
        }
        easy.setHeaderLines(self.plan.curlLines)
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        for option in [CURLOPT_HEADERDATA, CURLOPT_WRITEDATA, CURLOPT_READDATA, CURLOPT_PREREQDATA] {
            unsafe ccurl_set_pointer(easy.pointer, option, context)
        }
        if self.refusal != nil { unsafe ccurl_set_open_function(easy.pointer, onOpen, context) }
    }

    /// The options of ``EasyHandle/Shape``.
    private func setOptions(_ settings: HTTPClientSettings) {
        let easy = self.easy
        easy.setCommon(connectTimeout: settings.connectTimeout)
        easy.set(CURLOPT_PATH_AS_IS, true)
        if let signature = self.plan.signature {
            // The signature covers the URL's path, not CURLOPT_REQUEST_TARGET.
            easy.set(CURLOPT_URL, self.plan.url.dropLast() + self.plan.target)
            easy.set(CURLOPT_AWS_SIGV4, signature.provider)
            easy.set(CURLOPT_USERNAME, signature.accessKey)
            easy.set(CURLOPT_PASSWORD, signature.secretKey.reveal())
        } else {
            easy.set(CURLOPT_URL, self.plan.url)
        }
        if self.plan.isSecure {
            easy.setTrust(caFile: settings.caFile)
            easy.set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
            // Wait for a pending connection and share it, rather than open one connection per request.
            easy.set(CURLOPT_PIPEWAIT, true)
        } else {
            easy.set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        }
        // The default of 16 KB adds up over a thousand streams.
        if self.plan.isTrickle { easy.set(CURLOPT_BUFFERSIZE, 2_048) }
        if case .none = self.plan.body, !self.plan.sendsEmptyBody {
            easy.set(self.plan.method == .head ? CURLOPT_NOBODY : CURLOPT_HTTPGET, true)
        }
        easy.set(CURLOPT_CUSTOMREQUEST, self.plan.method.rawValue)
        unsafe ccurl_set_function(easy.pointer, CURLOPT_HEADERFUNCTION, onHeader)
        unsafe ccurl_set_function(easy.pointer, CURLOPT_WRITEFUNCTION, onBody)
        unsafe ccurl_set_function(easy.pointer, CURLOPT_READFUNCTION, onFill)
        unsafe ccurl_set_connected_function(easy.pointer, onConnected)
        self.multi.keepWatching(easy)
    }
}

/// A buffer of libcurl, valid during a callback.
///
/// `@unchecked`: callbacks run on the loop's thread, and so does all access to the buffer.
@unsafe private struct Borrowed: @unchecked Sendable {
    let bytes: UnsafeMutableRawBufferPointer
}

private func transfer(_ context: UnsafeMutableRawPointer) -> CurlTransfer {
    unsafe Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue()
}

private func onHeader(
    _ bytes: UnsafeMutablePointer<CChar>, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer
) -> Int {
    let borrowed = unsafe Borrowed(bytes: UnsafeMutableRawBufferPointer(start: bytes, count: size * count))
    let transfer = unsafe transfer(context)
    let isTaken = Net.assumeIsolated {
        unsafe borrowed.bytes.withMemoryRebound(to: UInt8.self) {
            transfer.received(line: unsafe Span(_unsafeElements: $0))
        }
    }
    return isTaken ? size * count : 0
}

private func onBody(
    _ bytes: UnsafeMutablePointer<CChar>, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer
) -> Int {
    let borrowed = unsafe Borrowed(bytes: UnsafeMutableRawBufferPointer(start: bytes, count: size * count))
    let transfer = unsafe transfer(context)
    let isTaken = Net.assumeIsolated {
        unsafe borrowed.bytes.withMemoryRebound(to: UInt8.self) {
            transfer.received(body: unsafe Span(_unsafeElements: $0))
        }
    }
    return isTaken ? size * count : Int(CURL_WRITEFUNC_PAUSE)
}

private func onFill(
    _ bytes: UnsafeMutablePointer<CChar>, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer
) -> Int {
    let borrowed = unsafe Borrowed(bytes: UnsafeMutableRawBufferPointer(start: bytes, count: size * count))
    let transfer = unsafe transfer(context)
    return Net.assumeIsolated { unsafe transfer.fill(borrowed.bytes) }
}

/// CURLOPT_OPENSOCKETFUNCTION.
private func onOpen(
    _ context: UnsafeMutableRawPointer, _ purpose: curlsocktype, _ address: UnsafeMutablePointer<curl_sockaddr>
) -> curl_socket_t {
    let (transfer, raw) = unsafe (transfer(context), ccurl_address(address))
    let ip = unsafe IPAddress(raw)
    // In both families the port follows the family.
    let port = unsafe UnsafeRawPointer(raw).loadUnaligned(fromByteOffset: 2, as: UInt16.self).bigEndian
    guard Net.assumeIsolated({ transfer.mayConnect(to: ip, port: port) }) else { return CURL_SOCKET_BAD }
    let (family, type, number) = unsafe (address.pointee.family, address.pointee.socktype, address.pointee.protocol)
    return socket(family, type | Int32(SOCK_CLOEXEC.rawValue), number)
}

private func onConnected(
    _ context: UnsafeMutableRawPointer, _ peer: UnsafeMutablePointer<CChar>?, _ local: UnsafeMutablePointer<CChar>?,
    _ peerPort: Int32, _ localPort: Int32
) -> Int32 {
    let address = unsafe peer.map { unsafe String(cString: $0) } ?? ""
    let transfer = unsafe transfer(context)
    let mayContinue = Net.assumeIsolated { transfer.connected(to: address, from: localPort) }
    return mayContinue ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
}
