internal import CWebSockets
internal import EventLoop
internal import HTTP

/// Called by the library on the service's thread, within a turn or a call from the service.
func webSocketCallback(
    _ wsi: OpaquePointer?, _ reason: lws_callback_reasons, _ memory: UnsafeMutableRawPointer?,
    _ input: UnsafeMutableRawPointer?, _ length: Int
) -> Int32 {
    guard let wsi = unsafe wsi, let user = unsafe cws_user(wsi) else { return 0 }
    let service = unsafe Unmanaged<WebSocketService>.fromOpaque(user).takeUnretainedValue()
    // Both stay on this thread: `assumeIsolated` checks that it is the service's.
    nonisolated(unsafe) let (connection, bytes) = unsafe (wsi, input)
    return service.assumeIsolated { service in
        unsafe service.handle(reason, connection, bytes, length)
    }
}

extension WebSocketService {
    /// Returns 0 to continue, -1 to close the connection, which only WRITEABLE and the handshake's callbacks may do.
    ///
    /// libwebsockets 4.1.6 empties its receive buffer only after a callback that returned 0, but a connection lives on to
    /// send its close frame: it would then write what still arrives past the buffer's end. So whatever a peer does wrong is
    /// noted by ``refuse(_:_:_:)``, and the connection closes from WRITEABLE, or is cut by TIMER.
    /// `scripts/checks/forbidden.py` checks this.
    fileprivate func handle(
        _ reason: lws_callback_reasons, _ wsi: OpaquePointer, _ input: UnsafeMutableRawPointer?, _ length: Int
    ) -> Int32 {
        guard let link = unsafe self.link(of: wsi) else { return 0 }
        switch reason {
        case LWS_CALLBACK_ADD_HEADERS:
            unsafe self.addSubprotocol(link, input)
        case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
            return unsafe self.addHeaders(link, wsi, input, length)
        case LWS_CALLBACK_CLIENT_FILTER_PRE_ESTABLISH:
            unsafe self.readSubprotocol(link, wsi)
        case LWS_CALLBACK_ESTABLISHED, LWS_CALLBACK_CLIENT_ESTABLISHED:
            unsafe self.opened(link, wsi)
        case LWS_CALLBACK_RECEIVE, LWS_CALLBACK_CLIENT_RECEIVE:
            unsafe self.received(link, wsi, input, length)
        case LWS_CALLBACK_RECEIVE_PONG, LWS_CALLBACK_CLIENT_RECEIVE_PONG:
            link.lastHeard = .current()
        case LWS_CALLBACK_SERVER_WRITEABLE, LWS_CALLBACK_CLIENT_WRITEABLE:
            return unsafe self.write(link, wsi)
        case LWS_CALLBACK_TIMER:
            unsafe self.checkAlive(link, wsi)
        case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
            unsafe self.closedByPeer(link, input, length)
        case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
            let text = unsafe input.map {
                unsafe String(decoding: UnsafeRawBufferPointer(start: $0, count: length), as: UTF8.self)
            }
            link.fail(WebSocketError(.connect, "the WebSocket can't be opened: \(text ?? "no reason given")"))
        case LWS_CALLBACK_WSI_DESTROY:
            unsafe self.destroyed(link, wsi)
        default:
            break
        }
        return 0
    }

    /// Finds the link by the library's opaque pointer, or by the descriptor until that is set.
    private func link(of wsi: OpaquePointer) -> WebSocketLink? {
        if let tag = unsafe lws_get_opaque_user_data(wsi) {
            let link = unsafe Unmanaged<WebSocketLink>.fromOpaque(tag).takeUnretainedValue()
            unsafe link.wsi = wsi
            return link
        }
        guard !self.adopting.isEmpty, let link = self.adopting.removeValue(forKey: unsafe lws_get_socket_fd(wsi))
        else { return nil }
        unsafe lws_set_opaque_user_data(wsi, Unmanaged.passRetained(link).toOpaque())
        unsafe link.wsi = wsi
        return link
    }

    // MARK: Handshake

    private func addSubprotocol(_ link: WebSocketLink, _ input: UnsafeMutableRawPointer?) {
        guard let input = unsafe input, !link.isClient, let name = link.subprotocol else { return }
        let line = Array("Sec-WebSocket-Protocol: \(name)\r\n".utf8)
        unsafe line.withUnsafeBytes { bytes in
            if let base = bytes.baseAddress { unsafe cws_add_line(input, base, bytes.count) }
        }
    }

    private func addHeaders(
        _ link: WebSocketLink, _ wsi: OpaquePointer, _ input: UnsafeMutableRawPointer?, _ length: Int
    ) -> Int32 {
        guard let input = unsafe input else { return 0 }
        let end = unsafe cws_header_end(input, length)
        for (name, value) in link.headers {
            guard unsafe cws_add_header(wsi, input, end, "\(name):", value) == 0 else {
                link.fail(
                    WebSocketError(
                        .connect, "the WebSocket can't be opened: the headers of its handshake are too long for 16 KiB")
                )
                return -1
            }
        }
        return 0
    }

    private func readSubprotocol(_ link: WebSocketLink, _ wsi: OpaquePointer) {
        var buffer = [CChar](repeating: 0, count: 128)
        let length = unsafe cws_subprotocol(wsi, &buffer, Int32(buffer.count))
        guard length > 0 else { return }
        link.subprotocol = String(decoding: buffer[..<Int(length)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private func opened(_ link: WebSocketLink, _ wsi: OpaquePointer) {
        link.isOpen = true
        link.lastHeard = .current()
        unsafe self.setTimer(link, wsi)
        link.opening.take()?.resume()
        if link.isUnmasked { self.refuseUnmasked(link) }
    }

    // MARK: Messages

    private func received(
        _ link: WebSocketLink, _ wsi: OpaquePointer, _ input: UnsafeMutableRawPointer?, _ length: Int
    ) {
        link.lastHeard = .current()
        guard link.closing == nil, link.failure == nil else { return }
        let piece = unsafe Span<UInt8>(
            _unsafeBytes: UnsafeRawBufferPointer(start: input, count: input == nil ? 0 : length))
        do throws(MessageAssembler.Refusal) {
            let message = try link.assembler.add(
                piece, isFirst: unsafe lws_is_first_fragment(wsi) != 0, isText: unsafe lws_frame_is_binary(wsi) == 0,
                isLast: unsafe lws_is_final_fragment(wsi) != 0)
            if let message, !link.state.deliver(message) {
                link.isReadingPaused = true
                unsafe lws_rx_flow_control(wsi, 0)
            }
        } catch {
            self.refuse(link, error.code, error.reason)
        }
    }

    /// Writes until the socket is full or nothing is left, then closes if that is wanted. A refused peer gets the close
    /// frame between two fragments of a message (RFC 6455 §5.4), and no more of it.
    private func write(_ link: WebSocketLink, _ wsi: OpaquePointer) -> Int32 {
        // A second -1 would end the connection before its peer has answered.
        if link.isClosed { return 0 }
        if link.wantsPing {
            link.wantsPing = false
            // With a payload, because the library doesn't report empty pongs.
            let payload: [UInt8] = [0x6A, 0x62]
            let status = unsafe self.output.with(payload[...]) {
                unsafe cws_write(wsi, $0, payload.count, Int32(LWS_WRITE_PING.rawValue))
            }
            if status < 0 { return -1 }
            unsafe lws_callback_on_writable(wsi)
            return 0
        }
        while link.failure == nil, let piece = self.nextPiece(link) {
            let kind = cws_kind(piece.isText ? 1 : 0, piece.isFirst ? 1 : 0, piece.isLast ? 1 : 0)
            let status = unsafe self.output.with(piece.bytes) { unsafe cws_write(wsi, $0, piece.bytes.count, kind) }
            if status < 0 { return -1 }
            self.wrote(link, piece.bytes.count)
            if unsafe lws_send_pipe_choked(wsi) != 0 {
                unsafe lws_callback_on_writable(wsi)
                return 0
            }
        }
        guard let closing = link.closing else { return 0 }
        let reason = Array(closing.reason.utf8)
        unsafe reason.withUnsafeBytes { bytes in
            unsafe cws_set_close(wsi, Int32(closing.code.rawValue), bytes.baseAddress, bytes.count)
        }
        link.isClosed = true
        return -1
    }

    private func nextPiece(
        _ link: WebSocketLink
    ) -> (bytes: ArraySlice<UInt8>, isText: Bool, isFirst: Bool, isLast: Bool)? {
        if link.outgoing == nil, let message = link.state.takeOutgoing() {
            link.outgoing = (message, message.bytes, 0)
        }
        guard let (message, bytes, sent) = link.outgoing else { return nil }
        let end = min(sent + self.output.capacity, bytes.count)
        return (bytes[sent..<end], message.isText, sent == 0, end == bytes.count)
    }

    private func wrote(_ link: WebSocketLink, _ count: Int) {
        guard let (message, bytes, sent) = link.outgoing else { return }
        guard sent + count == bytes.count else {
            link.outgoing = (message, bytes, sent + count)
            return
        }
        link.outgoing = nil
        link.state.sent(message)
    }

    // MARK: Liveness and end

    /// Pings a silent peer, and drops the connection if it doesn't respond, or when the time for closing is over.
    private func checkAlive(_ link: WebSocketLink, _ wsi: OpaquePointer) {
        let settings = link.state.settings
        let silence = link.lastHeard.duration(to: .current())
        if let end = link.end {
            if end <= .current() { return unsafe cws_end(wsi) }
        } else if !link.isReadingPaused {
            // While reading is paused, the peer can't be heard.
            guard silence < settings.deadline else {
                link.fail(WebSocketError(.lost, "the WebSocket's peer stopped responding"))
                return unsafe cws_end(wsi)
            }
            if silence >= settings.pingInterval {
                link.wantsPing = true
                unsafe lws_callback_on_writable(wsi)
            }
        }
        unsafe self.setTimer(link, wsi)
    }

    func setTimer(_ link: WebSocketLink, _ wsi: OpaquePointer) {
        let check = min(link.state.settings.pingInterval, link.state.settings.deadline) / 2
        let interval = link.end.map { LoopInstant.current().duration(to: $0) } ?? check
        let (seconds, attoseconds) = interval.components
        unsafe lws_set_timer_usecs(wsi, max(1000, seconds * 1_000_000 + attoseconds / 1_000_000_000_000))
    }

    private func closedByPeer(_ link: WebSocketLink, _ input: UnsafeMutableRawPointer?, _ length: Int) {
        guard link.failure == nil else { return }
        let bytes = unsafe [UInt8](UnsafeRawBufferPointer(start: input, count: input == nil ? 0 : length))
        let hasCode = bytes.count >= 2
        link.closedByPeer = WebSocketClosure(
            code: hasCode ? WebSocketCloseCode(rawValue: UInt16(bytes[0]) << 8 | UInt16(bytes[1])) : .none,
            reason: hasCode ? String(decoding: bytes[2...], as: UTF8.self) : "", isByPeer: true)
    }

    private func destroyed(_ link: WebSocketLink, _ wsi: OpaquePointer) {
        unsafe lws_set_opaque_user_data(wsi, nil)
        self.remove(link)
        // Balances the retain in `link(of:)` or `connect`.
        unsafe Unmanaged.passUnretained(link).release()
    }
}
