internal import CGit2
internal import CGitMemory
internal import Glibc
internal import Primitives

// The functions that libgit2 calls during a transfer, on its thread. Their payload is the `GitTransfer`, which the
// library's caller keeps alive. A negative result ends the transfer, which records the reason.

extension GitTransfer {
    /// The callbacks for a connection of this transfer.
    func callbacks() -> git_remote_callbacks {
        var callbacks = unsafe git_remote_callbacks()
        unsafe git_remote_init_callbacks(&callbacks, UInt32(GIT_REMOTE_CALLBACKS_VERSION))
        unsafe callbacks.payload = Unmanaged.passUnretained(self).toOpaque()
        unsafe callbacks.transport = makeTransport
        unsafe callbacks.transfer_progress = onReceived
        unsafe callbacks.sideband_progress = onMessage
        unsafe callbacks.pack_progress = onPacked
        unsafe callbacks.push_transfer_progress = onSent
        unsafe callbacks.push_update_reference = onPushStatus
        unsafe callbacks.push_negotiation = onPushNegotiation
        unsafe callbacks.credentials = onCredentials
        unsafe callbacks.certificate_check = onServerKey
        return unsafe callbacks
    }

    /// Runs a callback's body.
    fileprivate func guarding(_ body: () throws -> Void) -> Int32 {
        do {
            try self.checkCancellation()
            try body()
            return 0
        } catch {
            self.fail(error)
            // Without this, the library may report the text of an older error.
            unsafe git_error_set_str(Int32(GIT_ERROR_CALLBACK.rawValue), "stopped")
            return GIT_EUSER.rawValue
        }
    }
}

private func transfer(_ payload: UnsafeMutableRawPointer?) -> GitTransfer? {
    unsafe payload.map { unsafe Unmanaged<GitTransfer>.fromOpaque($0).takeUnretainedValue() }
}

private func makeTransport(
    _ out: UnsafeMutablePointer<UnsafeMutablePointer<git_transport>?>?, _ owner: OpaquePointer?,
    _ payload: UnsafeMutableRawPointer?
) -> Int32 {
    guard let transfer = unsafe transfer(payload) else { return -1 }
    switch transfer.server.url.place {
    case .http:
        var definition = unsafe git_smart_subtransport_definition(
            callback: makeSubtransport, rpc: 1, param: payload)
        return unsafe git_transport_smart(out, owner, &definition)
    case .ssh:
        var definition = unsafe git_smart_subtransport_definition(
            callback: git_smart_subtransport_ssh, rpc: 0, param: nil)
        return unsafe git_transport_smart(out, owner, &definition)
    case .file: return unsafe git_transport_local(out, owner, nil)
    }
}

// MARK: Progress and messages

private func onReceived(_ facts: UnsafePointer<git_indexer_progress>?, _ payload: UnsafeMutableRawPointer?) -> Int32 {
    guard let transfer = unsafe transfer(payload), let facts = unsafe facts?.pointee else { return -1 }
    git_memory_received(Int(facts.received_objects))
    return transfer.guarding {
        transfer.report {
            $0.objects = Int(facts.received_objects)
            $0.totalObjects = Int(facts.total_objects)
            $0.bytes = facts.received_bytes
            $0.deltas = Int(facts.indexed_deltas)
            $0.totalDeltas = Int(facts.total_deltas)
        }
    }
}

private func onMessage(_ text: UnsafePointer<CChar>?, _ count: Int32, _ payload: UnsafeMutableRawPointer?) -> Int32 {
    guard let transfer = unsafe transfer(payload) else { return -1 }
    return transfer.guarding {
        transfer.noteMessage(of: Int(max(0, count)))
        guard transfer.push != nil || transfer.server.session == nil else { return }
        unsafe transfer.took(message: Array(UnsafeRawBufferPointer(start: text, count: Int(max(0, count)))))
    }
}

private func onPacked(_ stage: Int32, _ done: UInt32, _ total: UInt32, _ payload: UnsafeMutableRawPointer?) -> Int32 {
    guard let transfer = unsafe transfer(payload) else { return -1 }
    return transfer.guarding { transfer.notePacking() }
}

private func onSent(_ done: UInt32, _ total: UInt32, _ bytes: Int, _ payload: UnsafeMutableRawPointer?) -> Int32 {
    guard let transfer = unsafe transfer(payload) else { return -1 }
    return transfer.guarding {
        transfer.report {
            $0.objects = Int(done)
            $0.totalObjects = Int(total)
            $0.bytes = bytes
        }
        if done == total { transfer.noteSent() }
    }
}

// MARK: Pushes

private func onPushStatus(
    _ name: UnsafePointer<CChar>?, _ status: UnsafePointer<CChar>?, _ payload: UnsafeMutableRawPointer?
) -> Int32 {
    guard let transfer = unsafe transfer(payload) else { return -1 }
    if let status = unsafe status { transfer.pushStatus = unsafe StreamSafeText.of(String(cString: status)) }
    return 0
}

private func onPushNegotiation(
    _ updates: UnsafeMutablePointer<UnsafePointer<git_push_update>?>?, _ count: Int,
    _ payload: UnsafeMutableRawPointer?
) -> Int32 {
    guard let transfer = unsafe transfer(payload) else { return -1 }
    return transfer.guarding {
        guard count == 1, let push = transfer.push, let update = unsafe updates?[0]?.pointee else {
            throw GitError(.failed, "a push moves exactly one branch: try again")
        }
        // The commit that the server advertised.
        let there = unsafe git_oid_is_zero_value(update.src) ? nil : GitObjectID(update.src)
        try push.check(there)
    }
}

private func git_oid_is_zero_value(_ id: git_oid) -> Bool {
    var id = id
    return unsafe git_oid_is_zero(&id) == 1
}

// MARK: SSH

private func onCredentials(
    _ out: UnsafeMutablePointer<UnsafeMutablePointer<git_credential>?>?, _ url: UnsafePointer<CChar>?,
    _ user: UnsafePointer<CChar>?, _ allowed: UInt32, _ payload: UnsafeMutableRawPointer?
) -> Int32 {
    guard let transfer = unsafe transfer(payload) else { return -1 }
    return transfer.guarding {
        let url = transfer.server.url
        guard case .ssh(let account, _, _, _, _) = url.place, case .ssh(let key) = transfer.server.access else {
            throw GitError(
                .unauthorised, "\(GitName.printable(url.shown)) demands credentials: configure a key for it")
        }
        guard transfer.countKeyTry() == 1, allowed & GIT_CREDENTIAL_SSH_KEY.rawValue != 0 else {
            throw GitError(
                .unauthorised,
                "\(GitName.printable(url.shown)) refused the key \(key.privateKeyPath) for the user \(account): add its public key there, or check its passphrase"
            )
        }
        guard unsafe access(key.privateKeyPath, R_OK) == 0 else {
            throw GitError(
                .unauthorised,
                "the SSH key \(key.privateKeyPath) can't be read: make the file, or give jetbridge's user access to it")
        }
        let status = unsafe git_credential_ssh_key_new(
            out, account, nil, key.privateKeyPath, key.passphrase?.reveal())
        if status < 0 { throw GitLibrary.error(status, "the SSH key \(key.privateKeyPath)") }
    }
}

private func onServerKey(
    _ certificate: UnsafeMutablePointer<git_cert>?, _ isValid: Int32, _ host: UnsafePointer<CChar>?,
    _ payload: UnsafeMutableRawPointer?
) -> Int32 {
    guard let transfer = unsafe transfer(payload), let certificate = unsafe certificate else { return -1 }
    return transfer.guarding {
        guard case .ssh(_, let host, let port, _, _) = transfer.server.url.place,
            case .ssh(let key) = transfer.server.access,
            unsafe certificate.pointee.cert_type == GIT_CERT_HOSTKEY_LIBSSH2
        else { throw GitError(.failed, "the server's identity can't be checked: use https or ssh") }
        let bytes = unsafe UnsafeRawPointer(certificate).withMemoryRebound(to: git_cert_hostkey.self, capacity: 1) {
            let facts = unsafe $0.pointee
            return unsafe [UInt8](UnsafeRawBufferPointer(start: facts.hostkey, count: facts.hostkey_len))
        }
        try GitKnownHosts.check(bytes, host: host, port: port, in: key.knownHostsPath)
    }
}

// MARK: HTTP

/// The subtransport of the smart transport for HTTP.
private func makeSubtransport(
    _ out: UnsafeMutablePointer<UnsafeMutablePointer<git_smart_subtransport>?>?,
    _ owner: UnsafeMutablePointer<git_transport>?, _ payload: UnsafeMutableRawPointer?
) -> Int32 {
    let made = UnsafeMutablePointer<cgit2_subtransport>.allocate(capacity: 1)
    unsafe made.initialize(to: cgit2_subtransport())
    unsafe made.pointee.parent.action = beginAction
    unsafe made.pointee.parent.close = { _ in 0 }
    unsafe made.pointee.parent.free = freeSubtransport
    unsafe made.pointee.context = payload
    unsafe out?.pointee = UnsafeMutableRawPointer(made).assumingMemoryBound(to: git_smart_subtransport.self)
    return 0
}

private func freeSubtransport(_ pointer: UnsafeMutablePointer<git_smart_subtransport>?) {
    unsafe UnsafeMutableRawPointer(pointer)?.assumingMemoryBound(to: cgit2_subtransport.self).deallocate()
}

private func beginAction(
    _ out: UnsafeMutablePointer<UnsafeMutablePointer<git_smart_subtransport_stream>?>?,
    _ pointer: UnsafeMutablePointer<git_smart_subtransport>?, _ url: UnsafePointer<CChar>?,
    _ action: git_smart_service_t
) -> Int32 {
    guard
        let owner = unsafe UnsafeMutableRawPointer(pointer)?.assumingMemoryBound(to: cgit2_subtransport.self),
        let transfer = unsafe transfer(owner.pointee.context), let session = transfer.server.session
    else { return -1 }
    let service: GitService =
        action == GIT_SERVICE_RECEIVEPACK || action == GIT_SERVICE_RECEIVEPACK_LS ? .push : .fetch
    let isFirst = action == GIT_SERVICE_UPLOADPACK_LS || action == GIT_SERVICE_RECEIVEPACK_LS
    let stream = GitHTTPStream(session, transfer, service, isFirst ? .references : .request)
    let made = UnsafeMutablePointer<cgit2_stream>.allocate(capacity: 1)
    unsafe made.initialize(to: cgit2_stream())
    unsafe made.pointee.parent.subtransport = unsafe pointer
    unsafe made.pointee.parent.read = readStream
    unsafe made.pointee.parent.write = writeStream
    unsafe made.pointee.parent.free = freeStream
    unsafe made.pointee.context = Unmanaged.passRetained(stream).toOpaque()
    unsafe out?.pointee = UnsafeMutableRawPointer(made).assumingMemoryBound(to: git_smart_subtransport_stream.self)
    return 0
}

private func parts(
    _ pointer: UnsafeMutablePointer<git_smart_subtransport_stream>?
) -> (stream: GitHTTPStream, transfer: GitTransfer)? {
    guard let made = unsafe UnsafeMutableRawPointer(pointer)?.assumingMemoryBound(to: cgit2_stream.self),
        let context = unsafe made.pointee.context,
        let owner = unsafe UnsafeMutableRawPointer(made.pointee.parent.subtransport)?.assumingMemoryBound(
            to: cgit2_subtransport.self),
        let transfer = unsafe transfer(owner.pointee.context)
    else { return nil }
    return (unsafe Unmanaged<GitHTTPStream>.fromOpaque(context).takeUnretainedValue(), transfer)
}

private func readStream(
    _ pointer: UnsafeMutablePointer<git_smart_subtransport_stream>?, _ buffer: UnsafeMutablePointer<CChar>?,
    _ size: Int, _ count: UnsafeMutablePointer<Int>?
) -> Int32 {
    guard let (stream, transfer) = unsafe parts(pointer) else { return -1 }
    return transfer.guarding {
        let read = try unsafe stream.read(into: UnsafeMutableRawBufferPointer(start: buffer, count: size))
        unsafe count?.pointee = read
    }
}

private func writeStream(
    _ pointer: UnsafeMutablePointer<git_smart_subtransport_stream>?, _ buffer: UnsafePointer<CChar>?, _ size: Int
) -> Int32 {
    guard let (stream, transfer) = unsafe parts(pointer) else { return -1 }
    return transfer.guarding { try unsafe stream.write(UnsafeRawBufferPointer(start: buffer, count: size)) }
}

private func freeStream(_ pointer: UnsafeMutablePointer<git_smart_subtransport_stream>?) {
    guard let made = unsafe UnsafeMutableRawPointer(pointer)?.assumingMemoryBound(to: cgit2_stream.self) else { return }
    if let context = unsafe made.pointee.context {
        unsafe Unmanaged<GitHTTPStream>.fromOpaque(context).takeRetainedValue().close()
    }
    unsafe made.deallocate()
}
