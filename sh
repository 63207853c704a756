edited -c echo edited >> /tmp/udpchat-wNpdCR/message.txt
