internal import CSystem
package import EventLoop
internal import Primitives

/// Watches some of the process's signals; see ``Signals/watch(_:handler:)``.
@Net
package final class SignalWatch {
    private let descriptor: FileDescriptor
    private var registration: Registration?
    private let handler: @Net (Int32) -> Void

    init(_ descriptor: consuming FileDescriptor, handler: @escaping @Net (Int32) -> Void) throws(SystemError) {
        self.descriptor = descriptor
        self.handler = handler
        self.registration = try EventLoop.shared.watch(self.descriptor.rawValue, .readable) { [weak self] _ in
            self?.readAll()
        }
    }

    package func cancel() {
        self.registration?.cancel()
        self.registration = nil
    }

    private func readAll() {
        while self.registration != nil, let signal = self.readOne() { self.handler(signal) }
    }

    private func readOne() -> Int32? {
        var info = signalfd_siginfo()
        let size = MemoryLayout<signalfd_siginfo>.size
        let transfer = unsafe withUnsafeMutableBytes(of: &info) {
            unsafe Socket.read(self.descriptor.rawValue, into: $0)
        }
        return transfer == .moved(size) ? Int32(info.ssi_signo) : nil
    }
}
