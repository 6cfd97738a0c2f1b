# docker build -t ser-demo . && docker run -p 7860:7860 -v ser-state:/state --stop-timeout 30 ser-demo
FROM python:3.12-slim

RUN useradd --create-home ser && mkdir /state && chown ser /state
WORKDIR /home/ser/app

# The default build of torch brings CUDA; --build-arg PIP_EXTRA_INDEX_URL=... of PyTorch's CPU builds makes a small image.
ARG PIP_EXTRA_INDEX_URL
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt

COPY app.py README.md ./
COPY ser_demo ser_demo
COPY examples examples

USER ser
ENV GRADIO_SERVER_NAME=0.0.0.0 \
    GRADIO_SERVER_PORT=7860 \
    GRADIO_TEMP_DIR=/tmp/gradio \
    HF_HUB_OFFLINE=1 \
    PYTHONUNBUFFERED=1 \
    SER_STATE_DIR=/state
VOLUME /state
EXPOSE 7860
HEALTHCHECK --start-period=60s --interval=30s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:7860/health')"]
# SIGTERM finishes or hands back what runs, for which `docker run` leaves 10 seconds without --stop-timeout.
ENTRYPOINT ["python", "-m", "ser_demo"]
CMD ["serve"]
