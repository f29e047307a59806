internal import CCurl
internal import EventLoop
internal import Glibc

/// A libcurl easy handle, reused for consecutive transfers. On the loop only; ``close()`` frees it.
@Net @safe
final class EasyHandle {
    let pointer: UnsafeMutableRawPointer
    private let errorText: UnsafeMutablePointer<CChar>
    private var headerLines: UnsafeMutablePointer<curl_slist>?

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
        self.freeHeaderLines()
        unsafe self.errorText.deallocate()
    }

    /// Clears all options but keeps libcurl's connection and session caches.
    func reset() {
        unsafe curl_easy_reset(self.pointer)
        self.freeHeaderLines()
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

    /// `Name: value` lines, each followed by a NUL; `Name:` suppresses libcurl's own header.
    func setHeaderLines(_ lines: [UInt8]) {
        unsafe lines.withUnsafeBytes { bytes in
            var start = 0
            while start < bytes.count, let text = bytes.baseAddress {
                let line = unsafe (text + start).assumingMemoryBound(to: CChar.self)
                unsafe self.headerLines = curl_slist_append(self.headerLines, line)
                start += unsafe strlen(line) + 1
            }
        }
        unsafe ccurl_set_pointer(self.pointer, CURLOPT_HTTPHEADER, self.headerLines)
    }

    /// libcurl copies the bytes.
    func setBody(_ bytes: [UInt8]) {
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
        // Saves memory: the default is 64 KB per transfer.
        self.set(CURLOPT_UPLOAD_BUFFERSIZE, 16_384)
    }

    /// Options for every use: no signals, no proxy from the environment, no waiting for an abandoned name lookup.
    func setCommon(connectTimeout: Duration) {
        self.set(CURLOPT_NOSIGNAL, true)
        // Otherwise removing a handle blocks until its resolver thread ends.
        self.set(CURLOPT_QUICK_EXIT, true)
        self.set(CURLOPT_PROTOCOLS_STR, "http,https")
        self.set(CURLOPT_PROXY, "")
        self.set(CURLOPT_TCP_KEEPALIVE, true)
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

    private func freeHeaderLines() {
        unsafe curl_slist_free_all(self.headerLines)
        unsafe self.headerLines = nil
    }
}
