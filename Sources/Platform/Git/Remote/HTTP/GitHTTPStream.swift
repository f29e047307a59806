internal import Primitives

/// One request of libgit2's smart transport and its answer, on the thread of the transfer.
final class GitHTTPStream {
    enum Kind { case references, request }

    private let session: GitHTTPSession
    private let transfer: GitTransfer
    private let service: GitService
    private let kind: Kind
    private var request: [UInt8] = []
    private var upload: GitUpload?
    private var sending: Task<GitHTTPResponse, any Error>?
    private var response: GitHTTPResponse?
    private var received: [UInt8] = []
    private var position = 0
    /// Bytes of the server's references.
    private var advertised = 0

    /// A longer request is streamed in chunks; a shorter one is kept, so that it can be resent with another credential.
    /// `git` has the same limit (http.postBuffer).
    private static let keptRequest = 1 << 20
    private static let piece = 256 * 1024

    init(_ session: GitHTTPSession, _ transfer: GitTransfer, _ service: GitService, _ kind: Kind) {
        self.session = session
        self.transfer = transfer
        self.service = service
        self.kind = kind
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws {
        try self.transfer.checkCancellation()
        guard self.response == nil else { return }
        unsafe self.request.append(contentsOf: bytes)
        if let upload = self.upload {
            if self.request.count >= Self.piece { try self.put(to: upload) }
        } else if self.request.count > Self.keptRequest {
            try self.put(to: self.begin())
        }
    }

    /// 0 at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let response = try self.answer()
        while self.position == self.received.count {
            guard let bytes = try self.transfer.wait(for: response.next) else { return 0 }
            if self.kind == .references {
                self.advertised += bytes.count
                guard self.advertised <= GitServerReferences.mostBytes else {
                    throw GitServerReferences.tooMany("\(GitServerReferences.mostBytes >> 20) MB of")
                }
            }
            self.received = bytes
            self.position = 0
        }
        let count = min(buffer.count, self.received.count - self.position)
        unsafe self.received.withUnsafeBytes {
            unsafe buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[self.position..<self.position + count]))
        }
        self.position += count
        return count
    }

    func close() {
        self.sending?.cancel()
        self.upload?.close()
        self.response = nil
    }

    private func answer() throws -> GitHTTPResponse {
        if let response = self.response { return response }
        let response: GitHTTPResponse
        let (session, service) = (self.session, self.service)
        if self.kind == .references {
            response = try self.transfer.wait { try await session.references(service) }
        } else if let upload = self.upload {
            if !self.request.isEmpty { try self.put(to: upload) }
            upload.finish()
            response = try self.sent()
        } else {
            let bytes = self.request
            response = try self.transfer.wait { try await session.post(service, .bytes(bytes)) }
        }
        self.response = response
        return response
    }

    // MARK: Long requests

    private func begin() -> GitUpload {
        let upload = GitUpload()
        let (session, service) = (self.session, self.service)
        // Unstructured, because the thread that feeds it is not a task. Owned by the stream, whose `close` cancels it.
        self.sending = Task {
            do {
                return try await session.post(
                    service, .stream({ try await upload.take() }, ended: { upload.close() }))
            } catch {
                // The thread must stop waiting for room.
                upload.close()
                throw error
            }
        }
        self.upload = upload
        self.transfer.onCancel = { upload.close() }
        return upload
    }

    private func put(to upload: GitUpload) throws {
        let bytes = self.request
        self.request.removeAll(keepingCapacity: true)
        guard !upload.put(bytes) else { return }
        try self.transfer.checkCancellation()
        // A server may answer before the end, for example when its disk is full; its report gives the reason.
        self.response = try self.sent()
    }

    private func sent() throws -> GitHTTPResponse {
        guard let sending = self.sending else { throw CancellationError() }
        return try self.transfer.wait {
            try await withTaskCancellationHandler {
                try await sending.value
            } onCancel: {
                sending.cancel()
            }
        }
    }
}
