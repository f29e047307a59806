internal import CCurl
internal import EventLoop
internal import Glibc
internal import HTTP

/// A libcurl easy handle, reused for consecutive transfers. On the loop only; ``close()`` frees it.
@Net @safe
final class EasyHandle {
    /// The options that consecutive requests to a server usually share, so that they are set only once.
    struct Shape: Equatable {
        let url: String
        let method: HTTPMethod
        let body: Body

        enum Body: Equatable {
            case none
            case bytes
            case stream
        }
    }

    let pointer: UnsafeMutableRawPointer
    private let errorText: UnsafeMutablePointer<CChar>
    /// The list for CURLOPT_HTTPHEADER: its nodes, then their text.
    private var headerLines: UnsafeMutableRawBufferPointer?
    private var target: String?
    /// Which options are set; nil for a handle that ``reset()`` must clear before its next use.
    var shape: Shape?
    /// The bytes of a body that libcurl has copied and still keeps.
    private(set) var bodyCount = 0

    /// Identifies the handle until it is closed.
    var key: UInt { unsafe UInt(bitPattern: self.pointer) }

    init?() {
        guard let pointer = unsafe curl_easy_init() else { return nil }
        unsafe self.pointer = pointer
        unsafe self.errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        unsafe self.errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    }

    func close() {
        unsafe curl_easy_cleanup(self.pointer)
        unsafe self.headerLines?.deallocate()
        unsafe self.errorText.deallocate()
    }

    /// Clears all options but keeps libcurl's connection and session caches.
    func reset() {
        unsafe curl_easy_reset(self.pointer)
        self.shape = nil
        self.bodyCount = 0
        self.target = nil
        unsafe self.errorText.pointee = 0
    }

    // MARK: Options

    func set(_ option: CURLoption, _ value: Int) {
        unsafe ccurl_set_long(self.pointer, option, value)
    }

    func set(_ option: CURLoption, _ value: Bool) {
        self.set(option, value ? 1 : 0)
    }

    func set(_ option: CURLoption, _ value: String?) {
        unsafe ccurl_set_text(self.pointer, option, value)
    }

    func set(_ option: CURLoption, milliseconds duration: Duration) {
        let (seconds, attoseconds) = duration.components
        let whole = min(max(seconds, 0), 1_000_000)
        self.set(option, max(1, Int(whole) * 1_000 + Int(attoseconds / 1_000_000_000_000_000)))
    }

    /// Forgets the last transfer's error.
    func clearError() { unsafe self.errorText.pointee = 0 }

    /// The path and query of the request line.
    func set(target: String) {
        guard target != self.target else { return }
        self.set(CURLOPT_REQUEST_TARGET, target)
        self.target = target
    }

    /// `Name: value` lines, each followed by a NUL; `Name:` suppresses libcurl's own header.
    func setHeaderLines(_ lines: [UInt8]) {
        var count = 0
        for byte in lines where byte == 0 { count += 1 }
        let nodeBytes = unsafe count * MemoryLayout<curl_slist>.stride
        // libcurl only reads the list, so it needs no allocation for each line.
        let list = unsafe self.room(nodeBytes + lines.count)
        unsafe UnsafeMutableRawBufferPointer(rebasing: list[nodeBytes...]).copyBytes(from: lines)
        guard count > 0, let base = list.baseAddress else {
            unsafe ccurl_set_pointer(self.pointer, CURLOPT_HTTPHEADER, nil)
            return
        }
        let nodes = unsafe base.bindMemory(to: curl_slist.self, capacity: count)
        var text = unsafe (base + nodeBytes).assumingMemoryBound(to: CChar.self)
        for index in 0..<count {
            let next = index + 1 < count ? unsafe nodes + index + 1 : nil
            unsafe (nodes + index).initialize(to: curl_slist(data: text, next: next))
            unsafe text += strlen(text) + 1
        }
        unsafe ccurl_set_pointer(self.pointer, CURLOPT_HTTPHEADER, nodes)
    }

    private func room(_ count: Int) -> UnsafeMutableRawBufferPointer {
        if let block = unsafe self.headerLines, block.count >= count { return unsafe block }
        unsafe self.headerLines?.deallocate()
        let block = unsafe UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(count, 1_024), alignment: MemoryLayout<curl_slist>.alignment)
        unsafe self.headerLines = block
        return unsafe block
    }

    /// libcurl copies the bytes, and keeps them until the next body.
    func setBody(_ bytes: [UInt8]) {
        self.bodyCount = bytes.count
        unsafe ccurl_set_offset(self.pointer, CURLOPT_POSTFIELDSIZE_LARGE, Int64(bytes.count))
        // Never empty: an empty array has no address, which would mean no body.
        unsafe (bytes + [0]).withUnsafeBytes {
            _ = unsafe ccurl_set_pointer(
                self.pointer, CURLOPT_COPYPOSTFIELDS, UnsafeMutableRawPointer(mutating: $0.baseAddress))
        }
    }

    /// For a body supplied by CURLOPT_READFUNCTION; `nil` is an unknown length.
    func setUpload(length: Int?) {
        self.set(CURLOPT_UPLOAD, true)
        unsafe ccurl_set_offset(self.pointer, CURLOPT_INFILESIZE_LARGE, Int64(length ?? -1))
    }

    /// Options for every use: no signals, no proxy from the environment, no waiting for an abandoned name lookup.
    func setCommon(connectTimeout: Duration) {
        self.set(CURLOPT_NOSIGNAL, true)
        // Otherwise removing a handle blocks until its resolver thread ends.
        self.set(CURLOPT_QUICK_EXIT, true)
        self.set(CURLOPT_PROTOCOLS_STR, "http,https")
        self.set(CURLOPT_PROXY, "")
        self.set(CURLOPT_TCP_KEEPALIVE, true)
        // Saves memory: the default is 64 KB. The same for all transfers of a handle, which keeps its buffer even when a
        // reset brings back the larger size: libcurl would then write past the buffer's end.
        self.set(CURLOPT_UPLOAD_BUFFERSIZE, 16_384)
        self.set(CURLOPT_CONNECTTIMEOUT_MS, milliseconds: connectTimeout)
        unsafe ccurl_set_pointer(self.pointer, CURLOPT_ERRORBUFFER, self.errorText)
    }

    /// The server's certificate is always verified; a CA file replaces the system's authorities.
    func setTrust(caFile: String?) {
        self.set(CURLOPT_SSL_VERIFYPEER, 1)
        self.set(CURLOPT_SSL_VERIFYHOST, 2)
        self.set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        if let caFile {
            self.set(CURLOPT_CAINFO, caFile)
            self.set(CURLOPT_CAPATH, nil as String?)
        }
    }

    // MARK: Result

    /// Call it before the handle leaves its multi.
    func failure(_ code: CURLcode, host: String, wasConnected: Bool) -> CurlFailure {
        unsafe CurlFailure(
            code: code, detail: String(cString: self.errorText),
            verification: ccurl_get_long(self.pointer, CURLINFO_SSL_VERIFYRESULT),
            bytesSent: ccurl_get_long(self.pointer, CURLINFO_REQUEST_SIZE), wasConnected: wasConnected, host: host)
    }

}
