//! Connections whose readers are waited for, but not for ever.
//!
//! A client that takes in nothing of what it is sent, or next to nothing, keeps its connection, and the memory behind it, for as
//! long as it likes: the system asks it again and again whether it has room, and it says no, or a little. Here it is cut after a
//! while. A listener of the live channel that is cut loses nothing: every connection begins with a hint.
//!
//! How much is next to nothing? The system says that there is room again once half of [`UNSENT_MOST`] went; by itself it says so
//! once a third of its buffer is free, and a buffer that grew while the line was fast is megabytes.

use std::future::Future;
use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::serve::Listener;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Sleep, sleep};

/// How many bytes the system keeps for a client before they go. With 30 seconds of patience a client that takes in 550 bytes a
/// second is waited for, which is what a weak line of the second generation brings.
#[cfg(target_os = "linux")]
const UNSENT_MOST: u32 = 32 * 1024;

/// Accepts such connections.
pub(crate) struct PatientListener {
    pub(crate) listener: TcpListener,
    /// How long a client may take in next to nothing of what it is sent.
    pub(crate) patience: Duration,
}

impl Listener for PatientListener {
    type Io = PatientStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (PatientStream, SocketAddr) {
        let (stream, address) = Listener::accept(&mut self.listener).await;
        // A hint is a few bytes that somebody waits for; without this it is only slower.
        let _ = stream.set_nodelay(true);
        // Without this a client on a slow line is waited for less long than it should be.
        #[cfg(target_os = "linux")]
        let _ = socket2::SockRef::from(&stream).set_tcp_notsent_lowat(UNSENT_MOST);
        (PatientStream { stream, patience: self.patience, waiting: None }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// One such connection.
pub(crate) struct PatientStream {
    stream: TcpStream,
    patience: Duration,
    /// Until when it is waited for, while there is no room for more bytes. None at other times: an idle connection costs no timer.
    waiting: Option<Pin<Box<Sleep>>>,
}

impl PatientStream {
    /// Passes on what came of a write, unless there was no room for too long.
    fn written<T>(
        &mut self,
        context: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut TcpStream>, &mut Context<'_>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        let written = write(Pin::new(&mut self.stream), context);
        if written.is_ready() {
            self.waiting = None;
            return written;
        }
        let patience = self.patience;
        let waiting = self.waiting.get_or_insert_with(|| Box::pin(sleep(patience)));
        if waiting.as_mut().poll(context).is_pending() {
            return Poll::Pending;
        }
        // What waits in the system is given up as well, not sent for as long as the system likes.
        let _ = self.stream.set_zero_linger();
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for PatientStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

impl AsyncWrite for PatientStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.written(context, |stream, context| stream.poll_write(context, bytes))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.written(context, |stream, context| stream.poll_write_vectored(context, pieces))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::net::Ipv4Addr;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpSocket;
    use tokio::time::{Instant, interval};

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(1);
    const LONG_ENOUGH: Duration = Duration::from_secs(4);
    const CLIENTS_ROOM: u32 = 32 * 1024;

    /// What ends the writing to a client that takes in so many bytes in a second; none if nothing does.
    async fn ending(bytes_per_second: f64) -> Option<io::ErrorKind> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(CLIENTS_ROOM).unwrap();
        let mut client = socket.connect(address).await.unwrap();
        let (mut stream, _) = PatientListener { listener, patience: PATIENCE }.accept().await;
        let writing = async {
            loop {
                if let Err(error) = stream.write_all(&[0; 4096]).await {
                    return error.kind();
                }
            }
        };
        let reading = async {
            let (begun, mut taken_in, mut piece) = (Instant::now(), 0, [0; 512]);
            let mut now_and_then = interval(Duration::from_millis(20));
            loop {
                now_and_then.tick().await;
                while f64::from(taken_in) < begun.elapsed().as_secs_f64() * bytes_per_second {
                    taken_in += u32::try_from(client.read(&mut piece).await.unwrap_or(0).max(1)).unwrap();
                }
            }
        };
        tokio::select! {
            ending = writing => Some(ending),
            () = reading => None,
            () = sleep(LONG_ENOUGH) => None,
        }
    }

    #[tokio::test]
    async fn who_takes_in_nothing_or_next_to_nothing_is_cut_and_who_is_slow_is_not() {
        let (deaf, trickling, slow) = tokio::join!(ending(0.0), ending(2_000.0), ending(80_000.0));
        assert_eq!((deaf, trickling), (Some(io::ErrorKind::TimedOut), Some(io::ErrorKind::TimedOut)));
        assert_eq!(slow, None);
    }
}
