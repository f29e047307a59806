/// The read buffer shared by all connections of the loop; its bytes are consumed before the next read.
@safe
package final class ScratchBuffer {
    package let buffer: UnsafeMutableRawBufferPointer

    package init(count: Int) {
        unsafe self.buffer = .allocate(byteCount: count, alignment: 64)
    }

    deinit {
        unsafe self.buffer.deallocate()
    }
}
